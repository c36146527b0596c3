// What a shop's page needs of the SDK of Toss Payments: it opens the payment window of the server that this script came from.
(() => {
  const base = new URL(document.currentScript.src).origin;
  const easyPay = { 카카오페이: "KAKAO_PAY", 네이버페이: "NAVER_PAY", 토스페이: "TOSS_PAY",
                    KAKAOPAY: "KAKAO_PAY", NAVERPAY: "NAVER_PAY", TOSSPAY: "TOSS_PAY" };
  const requestPayment = async (asked) => {
    const amount = typeof asked.amount === "object" ? asked.amount.value : asked.amount;
    const method = easyPay[asked.card?.easyPay] ?? asked.method ?? "CARD";
    const { orderId, orderName = "", successUrl, failUrl } = asked;
    const query = new URLSearchParams({ orderId, orderName, amount, method, successUrl, failUrl });
    if (asked.virtualAccount?.validHours) query.set("validHours", asked.virtualAccount.validHours);
    location.assign(`${base}/window?${query}`);
    return new Promise(() => {});
  };
  window.TossPayments = () => ({ payment: () => ({ requestPayment }) });
  window.TossPayments.ANONYMOUS = "ANONYMOUS";
})();
