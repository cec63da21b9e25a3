namespace Portal.Tests.Integration.Operations;

/// <summary>What a machine can check of a page for people who do not see it, see little, or use no mouse (WCAG 2.2, AA).</summary>
internal static class Accessibility
{
    /// <summary>Script that answers the faults, one a line; empty when there are none.</summary>
    public const string Faults = """
        const faults = [];
        const say = (what, element) => faults.push(what + ": " + element.outerHTML.slice(0, 120));
        const seen = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && e.getClientRects().length > 0;

        if (document.documentElement.lang !== "en") faults.push("no language");
        if (!document.title) faults.push("no title");
        if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
        if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
        let level = 0;
        for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
          const next = Number(heading.tagName[1]);
          if (next > level + 1) say("heading skips a level", heading);
          level = next;
        }

        const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
        for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) faults.push("id twice: " + id);
        for (const name of ["aria-describedby", "aria-labelledby"])
          for (const e of document.querySelectorAll("[" + name + "]"))
            for (const id of e.getAttribute(name).split(/\s+/)) if (!document.getElementById(id)) say(name + " leads nowhere", e);
        for (const e of document.querySelectorAll("input:not([type=hidden]), textarea, select")) if (!e.labels.length) say("no label", e);
        for (const e of document.querySelectorAll("a[href], button")) if (!e.textContent.trim()) say("no text", e);
        for (const e of document.querySelectorAll("[tabindex]")) if (e.tabIndex > 0) say("tabindex above 0", e);
        for (const e of document.querySelectorAll("svg")) if (e.getAttribute("aria-hidden") !== "true") say("picture without words", e);
        if (document.documentElement.scrollWidth > document.documentElement.clientWidth)
          faults.push("scrolls sideways: " + document.documentElement.scrollWidth + " > " + document.documentElement.clientWidth);

        const parse = (c) => { const n = c.match(/[\d.]+/g).map(Number); return { r: n[0], g: n[1], b: n[2], a: n[3] ?? 1 }; };
        const over = (t, u) => ({ r: t.r * t.a + u.r * (1 - t.a), g: t.g * t.a + u.g * (1 - t.a), b: t.b * t.a + u.b * (1 - t.a), a: 1 });
        const light = (c) => [c.r, c.g, c.b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
          .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const ground = (e) => {
          const layers = [];
          for (let at = e; at; at = at.parentElement) {
            const c = parse(getComputedStyle(at).backgroundColor);
            if (c.a > 0) layers.push(c);
            if (c.a === 1) break;
          }
          return layers.reverse().reduce((under, c) => over(c, under), { r: 255, g: 255, b: 255, a: 1 });
        };
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        let texts = 0;
        while (walker.nextNode()) {
          const e = walker.currentNode.parentElement;
          if (!walker.currentNode.data.trim() || !seen(e) || e.closest(".skip, .live, option")) continue;
          texts++;
          const style = getComputedStyle(e), back = ground(e), front = over(parse(style.color), back);
          const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
          const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
          const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
          if (ratio < (large ? 3 : 4.5)) say("contrast " + ratio.toFixed(2), e);
        }

        if (texts === 0) faults.push("no text at all");
        return faults.join("\n");
        """;
}
