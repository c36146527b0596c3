// What a web shop does with the client that is generated from docs/openapi.json. It is compiled, never run: a member that the
// document forgets, or calls optional although it always comes, is an error of the compiler.
import createClient from "openapi-fetch";
import type { components, paths } from "./shop";

type Schemas = components["schemas"];

const shop = createClient<paths>({ baseUrl: "http://127.0.0.1:8080" });

export async function list(): Promise<string[]> {
  const { data, error } = await shop.GET("/api/v1/shopping/products", {
    params: { query: { category: "Cups", minPrice: 1, inStock: true, sort: "price,asc", page: 0, size: 20 } },
  });
  if (!data) throw new Error(error.error.code);
  const page: Schemas["Page_Product"] = data.data;
  const rows: Schemas["Product"][] = page.content;
  return rows.map((row) => row.name);
}

export async function misspelled(): Promise<void> {
  await shop.GET("/api/v1/shopping/products", {
    params: {
      query: {
        // @ts-expect-error the document does not know this parameter
        inStok: true,
      },
    },
  });
  await shop.GET("/api/v1/shopping/orders", {
    params: {
      query: {
        // @ts-expect-error no order has this status
        status: "LOST",
      },
    },
  });
}

export async function buy(productId: number): Promise<Schemas["OrderStatus"]> {
  const placed = await shop.POST("/api/v1/shopping/orders", {
    params: { header: { "Idempotency-Key": "one purchase" } },
    body: {
      items: [{ productId, quantity: 1 }],
      shippingAddress: { receiverName: "김하늘", receiverPhone: "010-1234-5678", zipCode: "04524", address1: "세종대로 110" },
    },
  });
  if (!placed.data) throw new Error(placed.error.error.message);
  const orderNumber: string = placed.data.data.orderNumber;
  const paid = await shop.POST("/api/v1/shopping/payments", { body: { orderNumber, paymentMethod: "CARD" } });
  if (!paid.data) throw new Error(paid.error.error.code);
  const seen = await shop.GET("/api/v1/shopping/orders/{orderNumber}", { params: { path: { orderNumber } } });
  if (!seen.data) throw new Error(seen.error.error.code);
  return seen.data.data.status;
}

export async function signIn(email: string, password: string): Promise<string> {
  const { data, error } = await shop.POST("/api/v1/auth/login", { body: { email, password } });
  if (!data) throw new Error(error.error.code);
  return data.data.accessToken;
}

export async function quote(productId: number): Promise<number> {
  const { data } = await shop.POST("/api/v1/shopping/orders/quote", { body: { items: [{ productId, quantity: 1 }] } });
  return data ? data.data.payable : 0;
}
