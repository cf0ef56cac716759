"""What every name in the operators' files means, in one sentence: editors show it, the manual repeats it.

The only table of descriptions; `schema.py` makes JSON Schemas of it, and a test holds both to what the parser takes.
"""

from __future__ import annotations

POLICY = {
    "policy": "The policy's name: small letters, digits and hyphens. Logs, `explain` and cases use it.",
    "title": "What the policy is for, in a sentence for colleagues and for the transparency page.",
    "state": "active: applied. shadow: decided and logged, not applied. off: neither.",
    "basis": "Why the policy may exist: the acts behind it. The 451 page names them.",
    "owner": "Who answers for it: an address that is read.",
    "review_by": "The day on which somebody looks whether it is still needed. Passing it only alarms.",
    "disclose": "On the transparency page: full, authority (no details), sealed (counted only).",
    "readers": "Who is meant: `all`, or `in` and `not_in` with regions and ISO 3166 codes.",
    "articles": "Which articles are meant: `all`, or selectors. Kinds combine by AND, the values of one by OR.",
    "effective": "When it acts: `from` a moment on, `until` the first at which it no longer does. Left out: always.",
    "priority": "Where two policies differ, the higher number speaks; among equals, the name that sorts first.",
    "do": "What is done, one action an item, each with the certainty that it needs.",
}
BASIS = {
    "kind": "order (of a court or authority), statute, contract or editorial (the newsroom's own decision).",
    "authority": "Who gave the order or wields the statute.",
    "act": "Which order or statute: file number, article, paragraph.",
    "reference": "Where it can be read: a web address.",
    "since": "Since when it holds.",
    "text": "Words for readers, where authority and act don't say enough.",
}
READERS = {
    "in": "Regions of regions.yaml, built-in ones (EU, europe, unknown, controlled_by(RU)), or ISO codes (DE, UA-43).",
    "not_in": "Readers who are left out although `in` means them. Networks may stand here.",
}
ARTICLES = {
    "slugs": "Articles by their slug; translations are taken along.",
    "sections": "Articles in these sections.",
    "tags": "Articles with any of these tags.",
    "languages": "Articles in these languages; the translation's own language counts.",
    "published": "Articles first published from (included) until (excluded) these moments.",
    "paths": "Paths of an origin's site; `*` stands for any run of characters.",
    "media": "Articles with media whose sidecar names these rights.",
    "except": "Articles that are not meant although the selectors fit.",
    "translations": "false: don't take translations along.",
}
EFFECTIVE = {
    "in": "Only for readers in these regions.",
    "from": "The first moment at which it acts: day, time and zone, as 2026-11-01T00:00:00+02:00.",
    "until": "The first moment at which it no longer acts; or `lifted`, if that is not known (needs `review_by`).",
}
ACTIONS = {
    "notice": "Show a notice. It needs `possible`: who may be meant is told.",
    "protect": "Take away what endangers a reader: `all`, a list, or {except: [...]}. It needs `possible`.",
    "block": "Refuse the article: 451, or 410 where readers are everyone. It needs `confirmed`.",
    "redirect": "Send the reader elsewhere, by 302 or 307. It needs `confirmed`.",
    "withhold": "Leave parts (on a CMS's page: `selector:CSS`, `quote:words`) or media out, with a visible mark. It "
    "needs `confirmed`.",
    "substitute": "Put another text in the place of a part, the title or the article. It needs `confirmed`.",
    "headers": "Add response headers from a short list. It needs `confirmed`.",
    "certainty": "How surely a reader must be meant: anyone, possible, inside (one source says so), confirmed (most).",
}
NOTICE_ACTION = {
    "id": "The notice: the name of its folder in notices/.",
    "place": "Where it stands on the page.",
    "show": "On articles, on listings, or on both.",
    "fallback": "Languages tried where the article's own is missing.",
}
PROTECT_ACTION = {
    "except": "Everything but these is taken away.",
    "only": "These are taken away.",
}
BLOCK_ACTION = {
    "notice": "The notice that says why: the name of its folder in notices/.",
    "listing": "omit: left out of lists, feeds and the sitemap. mark: its title stays there, marked.",
}
REDIRECT_ACTION = {
    "to": "Where to: /path on this site, or an address on a host of GATEWAY_REDIRECT_HOSTS.",
    "status": "302 (found elsewhere for now) or 307 (the same, method kept). Never for good.",
}
WITHHOLD_ACTION = {
    "parts": "Ids of the parts that are left out, as `::: part id=p3` marks them in the text.",
    "media": "Pictures and recordings left out, by path; `all`: those with the rights that the selector names.",
    "notice": "The notice that stands in their place: the name of its folder in notices/.",
}
SUBSTITUTE_ACTION = {
    "part": "The id of the part that is replaced.",
    "title": "true: the title is replaced, by one line.",
    "article": "true: the whole text is replaced.",
    "with": "The file with the new text, below the policies directory, as texts/name.en.md.",
}
HEADERS_ACTION = {
    "Content-Language": "The language of those for whom the page is meant (RFC 9110, section 8.5).",
    "Content-Usage": "What automated systems may do with the page (IETF AI preferences).",
    "Onion-Location": "The same page as an onion service.",
    "Permissions-Policy": "What the page's scripts may ask of the browser.",
    "Referrer-Policy": "How much of the page's address other sites are told.",
    "TDM-Policy": "Where the terms for text and data mining stand.",
    "TDM-Reservation": "1: rights to text and data mining are reserved (Directive (EU) 2019/790, article 4).",
    "X-Robots-Tag": "What search engines may do with the page, as `noindex`.",
}
REGION = {
    "title": "What the region is, for people.",
    "wholly": "ISO 3166 codes (or EU, europe, …) that lie in it whole: a reader there is inside.",
    "countries": "Countries that lie in it whole.",
    "partly": "Codes of which a part lies in it: a reader there may be inside.",
    "networks": "Address blocks, no narrower than /24 or /48 unless only `not_in` names it. They lift or warn.",
    "networks_file": "A file below the policies directory with one network a line.",
    "hosts": "Names under which readers arrive: mirrors, onion services. They make readers possible.",
    "kind": "Why the networks hide where their users are; whoever comes from there is unknown.",
    "as_of": "The day on which the extent was last looked at.",
    "source": "Who says so.",
    "sovereign": "The country to which the area belongs by international law.",
    "controlled_by": "The country that holds it.",
    "from": "Since when it has been held.",
}
CORRECTION = {
    "network": "The block of addresses about which the databases are wrong.",
    "country": "The country in which its users are.",
    "subdivision": "The subdivision in which they are.",
    "reason": "How we know.",
    "until": "When this correction ends.",
}
NOTICE = {
    "title": "The notice's headline.",
    "link_text": "The words that lead to the long text.",
    "self_conditional": "true: the text itself says “if you are in …”, so that it is right for whoever reads it.",
    "style": "statutory: the wording and type that a law prescribes.",
}
CASE = {
    "name": "What the case shows, as a sentence.",
    "reader": "Who reads: an address (ip), a region or code (in), or unknown: true; host beside it.",
    "article": "The article's slug.",
    "at": "The moment; left out: now.",
    "door": "The form in which the article leaves.",
    "expect": "What must come of it. What is not named is not looked at; lists are compared whole.",
}
READER = {
    "ip": "A reader at this address; the GeoIP databases are asked.",
    "in": "A reader of whom every source says this region or code.",
    "host": "The name of the site under which the reader arrived.",
    "unknown": "true: a reader whose place no source knows.",
}
EXPECT = {
    "status": "The HTTP status of the page.",
    "notices": "The ids of exactly the notices that are due.",
    "protect": "Exactly what is taken away; `all` for everything.",
    "withheld": "Exactly the parts and media that are left out.",
    "policies": "Exactly the policies that did something.",
    "shadow": "Exactly the policies in shadow that would have done something.",
    "substituted": "Exactly what was replaced: title, article, part:ID.",
    "headers": "Exactly the headers that were added.",
}
FILES = {
    "regions": "The regions, each by its name: small letters, digits and hyphens.",
    "corrections": "Blocks of addresses about which the databases are wrong.",
    "cases": "Readers, articles and moments, and what must come of each.",
}
