// What a web shop does with the client. It is compiled, never run: a member that the document forgets, or calls optional although it
// always comes, is an error of the compiler.
import { Failure, Shop, type components } from "../src/index.js";

type Schemas = components["schemas"];

const shop = new Shop({ baseUrl: "http://127.0.0.1:8080", language: "ko" });

export async function list(): Promise<string[]> {
  const page: Schemas["Page_Product"] = await shop.get("/api/v1/shopping/products", {
    query: { category: "Cups", minPrice: 1, inStock: true, sort: "price,asc", page: 0, size: 20 },
  });
  const rows: Schemas["Product"][] = page.content;
  return rows.map((row) => row.name);
}

export async function find(keyword: string): Promise<number | undefined> {
  const found = await shop.get("/api/v1/shopping/search/products", { query: { keyword, inStock: true } });
  return found.content[0]?.id;
}

export async function misspelled(): Promise<void> {
  // @ts-expect-error the document does not know this parameter
  await shop.get("/api/v1/shopping/products", { query: { inStok: true } });
  // @ts-expect-error no order has this status
  await shop.get("/api/v1/shopping/orders", { query: { status: "LOST" } });
  // @ts-expect-error an order is placed by POST
  await shop.put("/api/v1/shopping/orders", {});
  // @ts-expect-error which order?
  await shop.get("/api/v1/shopping/orders/{orderNumber}");
  // @ts-expect-error no product is read with a body
  await shop.get("/api/v1/shopping/products", { body: {} });
  // @ts-expect-error a list is no stream
  shop.stream("/api/v1/shopping/products");
}

export async function buy(productId: number): Promise<Schemas["OrderStatus"]> {
  const placed = await shop.post("/api/v1/shopping/orders", {
    key: "one purchase",
    body: {
      items: [{ productId, quantity: 1 }],
      shippingAddress: { receiverName: "김하늘", receiverPhone: "010-1234-5678", zipCode: "04524", address1: "세종대로 110" },
    },
  });
  const orderNumber: string = placed.orderNumber;
  await shop.post("/api/v1/shopping/payments", { body: { orderNumber, paymentMethod: "CARD" } });
  const seen = await shop.get("/api/v1/shopping/orders/{orderNumber}", { path: { orderNumber } });
  return seen.status;
}

export async function signIn(email: string, password: string): Promise<string | undefined> {
  const user = await shop.signIn(email, password);
  const nickname: string = user.nickname;
  return shop.tokens && nickname;
}

export async function quote(productId: number): Promise<number> {
  try {
    const quoted = await shop.post("/api/v1/shopping/orders/quote", { body: { items: [{ productId, quantity: 1 }] } });
    return quoted.payable;
  } catch (error) {
    if (error instanceof Failure && error.code === "S402") {
      return error.details.length;
    }
    throw error;
  }
}

export async function watch(productIds: string): Promise<number> {
  for await (const { data } of shop.stream("/api/v1/shopping/inventory/stream", { query: { productIds } })) {
    const update: Schemas["InventoryUpdate"] = data;
    return update.available;
  }
  return 0;
}

export async function wait(entryToken: string): Promise<boolean> {
  let status: Schemas["QueueStatus"] = "WAITING";
  for await (const standing of shop.place("TIME_DEAL", 7, entryToken)) {
    status = standing.status;
  }
  return status === "ENTERED";
}

export async function nothing(): Promise<undefined> {
  return shop.delete("/api/v1/users/me/sessions/{id}", { path: { id: "an id" } });
}
