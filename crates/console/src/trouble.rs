//! A refusal as people read it who work in the shop: what is wrong, with which field, and what to do next.

use kernel::{Code, Remedy};
use pages::{
    Refused, Trouble, texts,
    trouble::{self, Next},
};
use web::Context;

texts! {
    /// The words for what to do next.
    TroubleTexts {
        title: "That did not work", "처리하지 못했습니다";
        fix: "Change it and send it again.", "내용을 고친 뒤 다시 보내 주세요.";
        reload: "It was changed meanwhile. Compare what is stored now with what you typed; sending it again overwrites it.", "그 사이 내용이 바뀌었습니다. 저장된 내용과 비교해 주세요. 다시 보내면 덮어씁니다.";
        conflict: "Change what is in conflict and send it again, or leave it as it is.", "충돌하는 내용을 고친 뒤 다시 보내 주세요.";
        retry: "Wait a moment and try again.", "잠시 후 다시 시도해 주세요.";
        prepare: "Do first what is missing, then try again.", "필요한 단계를 먼저 마친 뒤 다시 시도해 주세요.";
        sign_in: "Sign in and try again.", "로그인한 뒤 다시 시도해 주세요.";
        support: "Look into the log, with the number of the request.", "요청 번호로 로그를 확인해 주세요.";
        last: "It cannot be done as things stand.", "현재 상태에서는 할 수 없는 작업입니다.";
    }
}

texts! {
    /// The words for fields of the API, as the forms of the console name them.
    FieldTexts {
        sure: "Confirmation", "확인";
        reason: "Reason", "사유";
        file: "File", "파일";
        row: "Chosen rows", "선택한 항목";
        email: "E-mail", "이메일";
        password: "Password", "비밀번호";
        name: "Name", "이름";
        sku: "SKU", "SKU(상품 코드)";
        brand: "Brand", "브랜드";
        category: "Category", "카테고리";
        categories: "Only for these categories (numbers)", "대상 카테고리 번호";
        parent: "Parent category", "상위 카테고리";
        display_order: "Order among its neighbours", "표시 순서";
        description: "Description", "설명";
        price: "Price", "가격";
        sale_price: "Price now", "할인가";
        adjustment: "Added to the price", "추가 금액";
        status: "Status", "상태";
        stock: "Units at the start", "초기 재고";
        options: "Options", "옵션 값";
        images: "Images", "이미지";
        alternatives: "What the images show", "이미지 설명";
        version: "Version", "버전";
        code: "Code", "쿠폰 코드";
        discount_type: "Kind of discount", "할인 유형";
        discount_value: "Discount", "할인 값";
        minimum: "Smallest order", "최소 주문 금액";
        maximum: "Largest discount", "최대 할인 금액";
        total: "In all", "전체 수량";
        starts: "From", "시작";
        ends: "Until", "종료";
        products: "Products", "상품";
        product: "Product number", "상품 번호";
        variant: "Variant number", "옵션 번호";
        location: "Location", "위치";
        deal_price: "Price in the deal", "타임딜 가격";
        units: "Units", "수량";
        each: "Most for one buyer", "1인당 최대 수량";
        delta: "Change of what can be sold", "판매 가능 수량 변경";
        capacity: "Admitted at once", "동시 입장 한도";
        batch: "Admitted in one batch", "한 번에 입장";
        interval: "Seconds between batches", "입장 간격(초)";
        admission: "Seconds that an admission is valid", "입장 유효 시간(초)";
        per_address: "Places of one address", "주소당 최대 인원";
        opens: "Opens at", "여는 시각";
        lines: "Lines", "품목";
        restocked: "Units that can be sold again", "재판매 가능한 수량";
        payer: "Who pays the way back", "반송비 부담";
        fee: "Cost of the way back", "반송비";
        carrier: "Carrier", "택배사";
        amount: "Amount", "금액";
        points: "Points", "포인트";
        words: "Search words", "검색어";
        from: "From (day)", "시작일";
        to: "Until (day)", "종료일";
        page: "Page", "페이지";
    }
}

/// The refusal in the language of its reader. It has its code, because people who work here look it up.
pub fn of(refused: &Refused, context: &Context) -> Trouble {
    let t = TroubleTexts::of(context.language());
    let error = &refused.0;
    let fields = FieldTexts::of(context.language());
    let word = |name: &str| fields.word(name);
    let lines = context.details(error).into_iter().map(|detail| {
        let about = detail.field.as_deref().map(|path| {
            let (field, place) = trouble::field_of(path);
            let name = word(field).unwrap_or(field);
            place.map_or_else(|| name.to_owned(), |place| format!("{name} ({place})"))
        });
        trouble::line(&detail, about, word)
    });
    // the lines say it in the words of the page
    let message = match error.is_about_fields() {
        true => context.language().sentence(error).to_owned(),
        false => trouble::in_words(&context.message(error), word),
    };
    Trouble {
        title: t.title,
        sentence: format!("{} {message}", error.code().code()),
        lines: lines.collect(),
        // a rule refuses this one, and sending it again does not help
        next: if error.code() == Code::Conflict { t.conflict } else { t.next(error.remedy()) },
    }
}

/// The sentence with everything that it is about.
pub fn sentence(refused: &Refused, context: &Context) -> String {
    let Trouble { sentence, lines, .. } = of(refused, context);
    std::iter::once(sentence).chain(lines).collect::<Vec<_>>().join(" · ")
}

impl TroubleTexts {
    /// What to do next.
    pub fn next(&self, remedy: Remedy) -> &'static str {
        let TroubleTexts { last, fix, reload, retry, prepare, sign_in, support, .. } = *self;
        Next { last, fix, reload, retry, prepare, sign_in, support }.after(remedy)
    }
}

impl FieldTexts {
    /// What a field of the API is called in the console.
    fn word(&self, name: &str) -> Option<&'static str> {
        Some(match name {
            "sure" => self.sure,
            "reason" => self.reason,
            "file" => self.file,
            "row" => self.row,
            "email" => self.email,
            "password" => self.password,
            "name" => self.name,
            "sku" => self.sku,
            "brand" => self.brand,
            "category" | "categoryId" => self.category,
            "categoryIds" => self.categories,
            "parentId" => self.parent,
            "displayOrder" => self.display_order,
            "description" => self.description,
            "price" => self.price,
            "salePrice" => self.sale_price,
            "priceAdjustment" => self.adjustment,
            "status" => self.status,
            "stock" => self.stock,
            "options" => self.options,
            "images" => self.images,
            "alternativeTexts" => self.alternatives,
            "version" => self.version,
            "code" => self.code,
            "discountType" => self.discount_type,
            "discountValue" => self.discount_value,
            "minimumOrderAmount" => self.minimum,
            "maximumDiscountAmount" => self.maximum,
            "totalQuantity" => self.total,
            "startsAt" => self.starts,
            "endsAt" | "expiresAt" => self.ends,
            "products" => self.products,
            "productId" | "productIds" => self.product,
            "variantId" => self.variant,
            "locationCode" => self.location,
            "dealPrice" => self.deal_price,
            "quantity" | "dealQuantity" => self.units,
            "maxPerUser" => self.each,
            "delta" => self.delta,
            "maxCapacity" => self.capacity,
            "entryBatchSize" => self.batch,
            "entryIntervalSeconds" => self.interval,
            "admissionSeconds" => self.admission,
            "placesPerAddress" => self.per_address,
            "opensAt" => self.opens,
            "lines" => self.lines,
            "restocked" => self.restocked,
            "payer" => self.payer,
            "fee" => self.fee,
            "carrier" => self.carrier,
            "amount" => self.amount,
            "points" => self.points,
            "keyword" => self.words,
            "from" | "startDate" => self.from,
            "to" | "endDate" => self.to,
            "page" | "size" | "cursor" | "offset" | "limit" => self.page,
            _ => return None,
        })
    }
}
