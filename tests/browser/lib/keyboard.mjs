// A person without a mouse: Tab, Shift+Tab, Enter, Space, the arrows and typing, and nothing else. Each stop must show where the focus
// is; the focus must never be lost, hidden or trapped.

import assert from "node:assert/strict";

/** More stops than any page has. */
const STOPS_MAX = 250;
/** A field for a time has a stop for each of its parts, so Tab may stay in one element so often. */
const PARTS_MAX = 9;

/** Runs in the page: whether the target has the focus, and what is wrong with where the focus is. */
function look(target) {
  const one = document.activeElement;
  const found = { isHere: one === target, stays: globalThis.stop === one, isLost: one === document.body, wrong: "" };
  globalThis.stop = one;
  if (found.isLost) return found;
  // a choice is drawn by what stands beside its field
  const drawn = one.matches(".choice input") ? one.nextElementSibling : one;
  const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
  const { left, right, top, bottom, width, height } = drawn.getBoundingClientRect();
  if (outlineStyle === "none" || parseFloat(outlineWidth) < 1) found.wrong = "nothing shows where the focus is";
  else if (width < 2 || height < 2) found.wrong = "what has the focus has no size";
  else if (bottom <= 0 || right <= 0 || top >= innerHeight || left >= innerWidth) found.wrong = "what has the focus is out of sight";
  else if (one.closest("[aria-hidden=true]")) found.wrong = "what has the focus is hidden from people who do not see";
  return found;
}

export class Keyboard {
  constructor(visitor) {
    this.visitor = visitor;
    this.page = visitor.page;
  }

  fail(what) {
    assert.fail(`${this.visitor.name} ${this.visitor.path()}: ${what}`);
  }

  press(...keys) {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  /** Goes on with Tab, or back with Shift+Tab, until this has the focus. */
  async reach(selector, { back = false } = {}) {
    const target = typeof selector === "string" ? this.page.locator(selector).first() : selector.first();
    await target.waitFor({ state: "attached" });
    let stays = 0;
    let ends = 0;
    for (let n = 0; n <= STOPS_MAX; n += 1) {
      const { isHere, stays: stayed, isLost, wrong } = await target.evaluate(look);
      if (n > 0 && wrong) this.fail(`${wrong}: ${await this.where()}`);
      if (isHere) return target;
      stays = stayed && n > 0 ? stays + 1 : 0;
      if (stays > PARTS_MAX) this.fail(`the focus is trapped in ${await this.where()}`);
      // behind the last stop is the window itself
      if (isLost && n > 0) ends += 1;
      if (ends > 1) break;
      await this.press(back ? "Shift+Tab" : "Tab");
    }
    return this.fail(`${selector} cannot be reached`);
  }

  where() {
    return this.page.evaluate(() => document.activeElement.outerHTML.slice(0, 160));
  }

  /** From the top of a page past its menus. */
  async skip() {
    await this.reach(".skip");
    await this.press("Enter");
    assert.equal(await this.page.evaluate(() => document.activeElement.id), "main");
  }

  /** Goes to a link or a button, and presses it. */
  async go(selector, key = "Enter") {
    await this.reach(selector);
    await this.press(key);
  }

  /** Goes to a field, and types into it in place of what is there. */
  async type(selector, text) {
    await this.reach(selector);
    await this.press("Control+A");
    await this.page.keyboard.insertText(text);
  }

  /** The fields of the form that leads to `action`, one after the other. */
  async fill(action, fields) {
    for (const [name, text] of Object.entries(fields)) await this.type(`form[action="${action}"] [name="${name}"]`, text);
  }

  /** Ten in the morning of a day, into a field that has a part for each number, in the order of the browser's own language. */
  async time(selector, at) {
    const two = (number) => String(number).padStart(2, "0");
    const [day, month, year] = [two(at.getDate()), two(at.getMonth() + 1), at.getFullYear()];
    const field = await this.reach(selector);
    await this.page.keyboard.type(`${month}${day}${year}`);
    await this.press("ArrowRight");
    await this.page.keyboard.type("100000a");
    assert.equal(await field.inputValue(), `${year}-${month}-${day}T10:00`);
  }

  /** Goes to a list of choices, and moves with the arrows to this one. */
  async choose(selector, value) {
    const list = await this.reach(selector);
    const [from, to] = await list.evaluate((one, value) => [one.selectedIndex, [...one.options].findIndex((choice) => choice.value === value)], value);
    if (to < 0) this.fail(`${selector} has no ${value}`);
    for (let at = from; at !== to; at += Math.sign(to - from)) await this.press(to > from ? "ArrowDown" : "ArrowUp");
    assert.equal(await list.inputValue(), value);
  }

  /** Opens what is below the summary above the form that leads to `action`. */
  async unfold(action) {
    await this.go(`details:has(form[action="${action}"]) > summary`);
    await this.page.locator(`form[action="${action}"]`).first().waitFor();
  }

  /** Presses the button of the form that leads to `action`. */
  send(action) {
    return this.go(`form[action="${action}"] button[type=submit]:not([name])`);
  }

  /** Waits until a part of the page was renewed, and has kept the focus. */
  async keeps(selector) {
    await this.page.locator(selector).first().waitFor();
    await this.page.waitForFunction(() => document.activeElement !== document.body).catch(() => this.fail(`the focus is lost after ${selector}`));
  }
}
