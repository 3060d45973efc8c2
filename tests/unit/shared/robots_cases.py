"""Files, agents and paths: each behaviour of RFC 9309 and of Google's published parser as a case."""

from typing import NamedTuple

import pytest

SITE = "https://shop.example"


class Case(NamedTuple):
    """One file, one agent, and the paths that it may and may not fetch."""

    name: str
    body: str | bytes
    agent: str
    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()


ONLY = "user-agent: crawly\ndisallow: /\nallow: {}\n"
SPLIT = (
    "allow: /outside/\n\nuser-agent: crawly\ndisallow: /\nallow: /tea/\nuser-agent: other\ndisallow: /\nallow: /milk/\n\n\n"
    "allow: /sugar/\nuser-agent: third\n\nuser-agent: crawly\nallow: /lemon/\ndisallow: /\n"
)
CASES = (
    Case("empty file", "", "crawly", ("", "/", "/a")),
    Case("empty file, no agent", "", "", ("",)),
    Case("no agent asks", "user-agent: crawly\ndisallow: /\n", "", ("", "/a")),
    Case("empty URL is the root", "user-agent: crawly\ndisallow: /\n", "crawly", (), ("",)),
    Case("colon", "user-agent: crawly\ndisallow: /\n", "crawly", (), ("/a/b",)),
    Case("keys nobody knows", "agent: crawly\nforbid: /\n", "crawly", ("/a/b",)),
    Case("colon forgotten", "user-agent crawly\ndisallow /\n", "crawly", (), ("/a/b",)),
    Case("colon forgotten, tab", "user-agent\tcrawly\ndisallow\t/\n", "crawly", (), ("/a/b",)),
    Case("colon forgotten, three words", "user-agent: crawly\ndisallow /a /b\n", "crawly", ("/a", "/b")),
    Case("spaces around", " user-agent :  crawly \n\tdisallow\t:\t/a\t\n", "crawly", ("/b",), ("/a",)),
    Case("key without a name", "user-agent: crawly\n: /\n", "crawly", ("/a",)),
    Case("groups: first", SPLIT, "crawly", ("/tea/1", "/lemon/1"), ("/milk/1", "/outside/")),
    Case("groups: second", SPLIT, "other", ("/milk/1", "/sugar/1"), ("/lemon/1", "/outside/")),
    Case("groups: agents above an empty line", SPLIT, "third", ("/lemon/1",), ("/outside/",)),
    Case("sitemap line does not end the agents", "user-agent: a\nsitemap: /s\nuser-agent: *\ndisallow: /\n", "a", (), ("/",)),
    Case("nor for everybody", "user-agent: a\nsitemap: /s\nuser-agent: *\ndisallow: /\n", "b", (), ("/",)),
    Case("unknown line does not end the agents", "user-agent: a\nwhat: ever\nuser-agent: *\ndisallow: /\n", "a", (), ("/",)),
    Case("unknown line, everybody", "user-agent: a\nwhat: ever\nuser-agent: *\ndisallow: /\n", "b", (), ("/",)),
    Case("several agents share rules (1)", "user-agent: a\nuser-agent: b\ndisallow: /x\n", "a", ("/y",), ("/x",)),
    Case("several agents share rules (2)", "user-agent: a\nuser-agent: b\ndisallow: /x\n", "b", ("/y",), ("/x",)),
    Case("a named agent ignores everybody's", "user-agent: *\ndisallow: /x/\nuser-agent: crawly\ndisallow: /y/\n", "crawly",
         ("/x/1",), ("/y/1",)),
    Case("named in everybody's group", "user-agent: *\nuser-agent: crawly\ndisallow: /x\n\nuser-agent: *\ndisallow: /y\n",
         "crawly", ("/y",), ("/x",)),
    Case("upper keys", "USER-AGENT: crawly\nALLOW: /a/\nDISALLOW: /\n", "crawly", ("/a/b",), ("/b/a",)),
    Case("mixed keys", "uSeR-aGeNt: crawly\naLLoW: /a/\ndISaLLOw: /\n", "crawly", ("/a/b",), ("/b/a",)),
    Case("agent upper in the file", "user-agent: CRAWLY\ndisallow: /\n", "crawly", (), ("/",)),
    Case("agent upper in the question", "user-agent: crawly\ndisallow: /\n", "CRAWLY", (), ("/",)),
    Case("agent line cut at the space", "user-agent: crawly extra\nallow: /a/\ndisallow: /\n", "crawly", ("/a/b",), ("/b",)),
    Case("agent line cut at the version", "user-agent: crawly/2.1\ndisallow: /\n", "crawly", (), ("/",)),
    Case("two words name no agent", "user-agent: *\ndisallow: /\nuser-agent: tea pot\nallow: /a/\ndisallow: /\n", "tea pot",
         (), ("/a/b",)),
    Case("first word names it", "user-agent: *\ndisallow: /\nuser-agent: tea pot\nallow: /a/\ndisallow: /\n", "tea",
         ("/a/b",), ("/b",)),
    Case("agent is not a prefix", "user-agent: craw\ndisallow: /\n", "crawly", ("/",)),
    Case("agent is not an extension", "user-agent: crawly-images\ndisallow: /\n", "crawly", ("/",)),
    Case("digits in a name", "user-agent: cr4wly2\ndisallow: /\n", "cr4wly2", (), ("/",)),
    Case("whole header, product", "user-agent: crawly\ndisallow: /\n", "crawly/2.0 (+https://c.example)", (), ("/",)),
    Case("whole header, compatible", "user-agent: crawly\ndisallow: /\n", "Mozilla/5.0 (compatible; Crawly/2.0; +https://c.example)",
         (), ("/",)),
    Case("a browser is nobody special", "user-agent: *\ndisallow: /a\nuser-agent: mozilla\ndisallow: /b\n",
         "Mozilla/5.0 (X11; Linux x86_64)", ("/a",), ("/b",)),
    Case("star with a remark", "user-agent: * everyone\ndisallow: /\n", "crawly", (), ("/",)),
    Case("star inside a name is no star", "user-agent: *crawly\ndisallow: /\n", "other", ("/",)),
    Case("everybody: allowed", "user-agent: *\nallow: /\nuser-agent: crawly\ndisallow: /\n", "other", ("/a",)),
    Case("everybody: the named one is not", "user-agent: *\nallow: /\nuser-agent: crawly\ndisallow: /\n", "crawly", (), ("/a",)),
    Case("nobody named, nobody blocked", "user-agent: a\nallow: /\nuser-agent: b\ndisallow: /\nuser-agent: c\ndisallow: /\n",
         "crawly", ("/a",)),
    Case("paths have case", "user-agent: crawly\ndisallow: /a/\n", "crawly", ("/A/b",), ("/a/b",)),
    Case("longest: disallow", "user-agent: crawly\ndisallow: /a/page.html\nallow: /a/\n", "crawly", ("/a/",), ("/a/page.html",)),
    Case("longest: allow", "user-agent: crawly\nallow: /a/page.html\ndisallow: /a/\n", "crawly", ("/a/page.html",), ("/a/",)),
    Case("two empty rules", "user-agent: crawly\ndisallow: \nallow: \n", "crawly", ("/a",)),
    Case("empty disallow", "user-agent: crawly\ndisallow:\n", "crawly", ("/", "/a?b")),
    Case("empty allow frees nothing", "user-agent: crawly\nallow:\ndisallow: /a\n", "crawly", ("/b",), ("/a",)),
    Case("as long: allow wins", "user-agent: crawly\ndisallow: /\nallow: /\n", "crawly", ("/a",)),
    Case("as long: allow wins, deeper", "user-agent: crawly\ndisallow: /a/p\nallow: /a/p\n", "crawly", ("/a/p", "/a/pq")),
    Case("as long, other order", "user-agent: crawly\nallow: /folder\ndisallow: /folder\n", "crawly", ("/folder/page",)),
    Case("as long: star against letters", "user-agent: crawly\ndisallow: /*b\nallow: /ab\n", "crawly", ("/ab",), ("/cb",)),
    Case("slash makes it longer", "user-agent: crawly\ndisallow: /a\nallow: /a/\n", "crawly", ("/a/",), ("/a", "/ab")),
    Case("star counts as an octet", "user-agent: crawly\nallow: /page\ndisallow: /*.html\n", "crawly", ("/page",), ("/page.html",)),
    Case("letters beat the star", "user-agent: crawly\nallow: /a/page.\ndisallow: /*.html\n", "crawly", ("/a/page.html",),
         ("/a/b.html",)),
    Case("page.htm", "user-agent: crawly\nallow: /page\ndisallow: /*.htm\n", "crawly", ("/page",), ("/page.htm",)),
    Case("root only", "user-agent: crawly\nallow: /$\ndisallow: /\n", "crawly", ("/", ""), ("/page.html", "/?a")),
    Case("allow a branch", "user-agent: crawly\nallow: /p\ndisallow: /\n", "crawly", ("/page",), ("/q",)),
    Case("query with a URL inside", ONLY.format("/f/b?q=t&b=http://c.example?t&p"), "crawly",
         ("/f/b?q=t&b=http://c.example?t&p",), ("/f/b?q=t&b=https://c.example?t&p",)),
    Case("letters outside ASCII in a rule", ONLY.format("/f/ä"), "crawly", ("/f/%C3%A4", "/f/%c3%a4"), ("/f/ä", "/f/a")),
    Case("three octets in a rule", ONLY.format("/f/茶"), "crawly", ("/f/%E8%8C%B6",), ("/f/茶",)),
    Case("escaped in the rule", ONLY.format("/f/%E8%8C%B6"), "crawly", ("/f/%E8%8C%B6",), ("/f/茶",)),
    Case("escaped in lower case", ONLY.format("/f/%e8%8c%b6"), "crawly", ("/f/%E8%8C%B6", "/f/%e8%8C%b6")),
    Case("unreserved letters stay escaped", ONLY.format("/f/%74%65%61"), "crawly", ("/f/%74%65%61",), ("/f/tea",)),
    Case("an escaped slash is none", ONLY.format("/f%2Fg"), "crawly", ("/f%2fg",), ("/f/g",)),
    Case("latin-1 in the file", b"user-agent: crawly\ndisallow: /\nallow: /f/\xe4\n", "crawly", ("/f/%E4",), ("/f/%C3%A4",)),
    Case("a lone percent", ONLY.format("/100%/x"), "crawly", ("/100%/x",), ("/100/x",)),
    Case("star in the middle", "user-agent: crawly\ndisallow: /f/b/quz\nallow: /f/*/qux\n", "crawly",
         ("/f/quz", "/f//quz", "/f/c/quz"), ("/f/b/quz",)),
    Case("end", "user-agent: crawly\ndisallow: /f/b$\nallow: /f/b/q\n", "crawly", ("/f/b/q", "/f/b/", "/f/b/c"), ("/f/b",)),
    Case("comments", "user-agent: crawly\n# disallow: /\ndisallow: /f/q#x\nallow: /\n", "crawly", ("/f/b",), ("/f/q",)),
    Case("comment behind the agent", "user-agent: crawly # that is us\ndisallow: / # all\n", "crawly", (), ("/f",)),
    Case("dollar in the middle is a letter", "user-agent: crawly\ndisallow: /a$b\n", "crawly", ("/a", "/ab"), ("/a$b", "/a$bc")),
    Case("two dollars", "user-agent: crawly\ndisallow: /a$$\n", "crawly", ("/a", "/a$$"), ("/a$",)),
    Case("many stars", "user-agent: crawly\ndisallow: /**a***b\n", "crawly", ("/b", "/ba"), ("/ab", "/xaxxbx")),
    Case("star at once", "user-agent: crawly\ndisallow: *.pdf$\n", "crawly", ("/a.pdf?x",), ("/a.pdf", "/b/a.pdf")),
    Case("only a star", "user-agent: crawly\ndisallow: *\n", "crawly", (), ("/", "/a")),
    Case("star and end", "user-agent: crawly\ndisallow: /a*$\n", "crawly", ("/b",), ("/a", "/abc?d")),
    Case("the tail may not overlap", "user-agent: crawly\ndisallow: /ab*ba$\n", "crawly", ("/aba",), ("/abba", "/abxba")),
    Case("the middle may not overlap", "user-agent: crawly\ndisallow: /x*ab*ab\n", "crawly", ("/xaba", "/xab"), ("/xabab",)),
    Case("last occurrence counts for the end", "user-agent: crawly\ndisallow: /*.php$\n", "crawly", ("/a.php.b",), ("/a.php.php",)),
    Case("pattern without a slash", "user-agent: crawly\ndisallow: private\n", "crawly", ("/private", "/a/private")),
    Case("index.html frees its directory", "user-agent: *\nallow: /d/index.html\ndisallow: /\n", "crawly",
         ("/d/", "/d/index.html"), ("/d/index.htm", "/d", "/d/x", "/e")),
    Case("index.htm too", "user-agent: *\nallow: /d/index.htm\ndisallow: /\n", "crawly", ("/d/", "/d/index.html"), ("/d/x",)),
    Case("only for allow", "user-agent: *\ndisallow: /d/index.html\n", "crawly", ("/d/",), ("/d/index.html",)),
    Case("only in the last place", "user-agent: *\nallow: /index.html/d\ndisallow: /\n", "crawly", ("/index.html/d",), ("/",)),
    Case("query", "user-agent: crawly\ndisallow: /*?sort=\n", "crawly", ("/a", "/a?b&sort=1"), ("/a?sort=1",)),
    Case("query at the root", "user-agent: crawly\ndisallow: /?\n", "crawly", ("/", "/a?b"), ("?a", "/?a")),
    Case("fragment is not sent", "user-agent: crawly\ndisallow: /a$\n", "crawly", ("/ab#a",), ("/a#x",)),
    Case("parameters", "user-agent: crawly\ndisallow: /a;b\n", "crawly", ("/a",), ("/a;b=1",)),
    Case("robots.txt itself", "user-agent: *\ndisallow: /\n", "crawly", ("/robots.txt",), ("/robots.txt2", "/a/robots.txt")),
    Case("byte order mark", b"\xef\xbb\xbfuser-agent: crawly\ndisallow: /\n", "crawly", (), ("/a",)),
    Case("two thirds of the mark", b"\xef\xbbuser-agent: crawly\ndisallow: /\n", "crawly", (), ("/a",)),
    Case("a third of the mark", b"\xefuser-agent: crawly\ndisallow: /\n", "crawly", (), ("/a",)),
    Case("a wrong mark spoils its line", b"\xef\x11\xbfuser-agent: crawly\ndisallow: /\n", "crawly", ("/a",)),
    Case("a mark further down spoils its line", b"user-agent: crawly\n\xef\xbb\xbfdisallow: /\n", "crawly", ("/a",)),
    Case("CRLF", "user-agent: crawly\r\ndisallow: /a\r\n", "crawly", ("/b",), ("/a",)),
    Case("CR", "user-agent: crawly\rdisallow: /a\r", "crawly", ("/b",), ("/a",)),
    Case("no last line end", "user-agent: crawly\ndisallow: /a", "crawly", ("/b",), ("/a",)),
    Case("vertical tab is no line end", "user-agent: crawly\vdisallow: /a", "crawly", ("/a",)),
    Case("NUL ends a line", b"user-agent: crawly\ndisallow: /a\0b\n", "crawly", ("/b",), ("/a",)),
    *(Case(f"misspelt: {key}", f"user-agent: crawly\n{key}: /a\n", "crawly", ("/b",), ("/a",))
      for key in ("dissallow", "dissalow", "disalow", "diasllow", "disallaw", "disallows")),
    *(Case(f"misspelt: {key}", f"{key}: crawly\ndisallow: /a\n", "crawly", ("/b",), ("/a",))
      for key in ("useragent", "user agent", "User-Agents")),
    Case("misspelt: allowed", "user-agent: crawly\ndisallow: /\nallowed: /a\n", "crawly", ("/a",), ("/b",)),
    Case("a typo that nobody accepts", "user-agent: crawly\ndisalllow: /a\n", "crawly", ("/a",)),
    Case("Google's pictures follow Googlebot", "user-agent: googlebot\ndisallow: /a\n", "Googlebot-Image", ("/b",), ("/a",)),
    Case("unless they are named", "user-agent: googlebot\ndisallow: /a\nuser-agent: googlebot-image\ndisallow: /b\n",
         "Googlebot-Image", ("/a",), ("/b",)),
    Case("AdsBot does not follow everybody's rules", "user-agent: *\ndisallow: /\n", "AdsBot-Google", ("/a",)),
    Case("AdsBot follows its own", "user-agent: adsbot-google\ndisallow: /\n", "AdsBot-Google", (), ("/a",)),
)  # fmt: skip
TEA = ("/tea", "/tea.html", "/tea/green.html", "/teapots", "/teapots/blue.html", "/tea.html?id=any")
NOT_TEA = ("/bar", "/Tea.asp", "/icetea", "/?id=tea")
PHP = ("/file.php", "/dir/file.php", "/dir/file.php?q", "//dir/any.php.file.html", "/file.php/", "/index?f=file.php/")
DOCUMENTED = (
    Case("documented: prefix", ONLY.format("/tea"), "crawly", TEA, NOT_TEA),
    Case("documented: a last star changes nothing", ONLY.format("/tea*"), "crawly", TEA, NOT_TEA),
    Case("documented: a directory", ONLY.format("/tea/"), "crawly",
         ("/tea/", "/tea/green", "/tea/?green", "/tea/green.html", "/tea/?id=any"), ("/bar", "/tea", "/tea.html", "/Tea/Green.html")),
    Case("documented: a suffix anywhere", ONLY.format("/*.php"), "crawly", PHP, ("/bar", "/php/", "/index?php", "/windows.PHP")),
    Case("documented: a suffix at the end", ONLY.format("/*.php$"), "crawly", ("/file.php", "/dir/file.php"),
         ("/bar", "/file.php?q", "/file.php/", "/file.php5", "/php/", "/file?php", "/aphpa", "//windows.PHP")),
    Case("documented: both ends", ONLY.format("/tea*.php"), "crawly", ("/tea.php", "/teapots/icetea.php?q"), ("/bar", "/Tea.PHP")),
)  # fmt: skip
QUESTIONS = [
    pytest.param(case, path, expected, id=f"{case.name}: {path or 'nothing'}")
    for case in (*CASES, *DOCUMENTED)
    for expected, paths in ((True, case.allowed), (False, case.blocked))
    for path in paths
]
