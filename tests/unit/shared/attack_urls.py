"""URLs that must never be fetched, in the spellings that attackers try, and good ones that must not be refused."""

from ipaddress import IPv4Address

_TARGETS = (
    "127.0.0.1 127.0.0.53 10.0.0.1 172.16.0.1 172.31.255.254 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0".split()
)
_MORE = (
    "0.1.2.3 100.100.100.200 168.63.129.16 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.175.48.1 "
    "198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 "
    "127.255.255.254 10.255.255.255 169.254.170.2"
).split()
_CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
_FULL_WIDTH = str.maketrans("0123456789", "".join(map(chr, range(0xFF10, 0xFF1A))))
_BOLD = str.maketrans("0123456789", "".join(map(chr, range(0x1D7CE, 0x1D7D8))))
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_DOTS = ("\u3002", "\uff0e", "\uff61")


def spellings(ip: str) -> list[str]:
    """Hosts that browsers or resolvers read as this IPv4 address."""
    number = int(IPv4Address(ip))
    a, b, c, d = ip.split(".")
    low, tail = number & 0xFFFFFF, number & 0xFFFF
    octal = ".".join(f"0{int(part):o}" for part in (a, b, c, d))
    hexed = ".".join(f"0x{int(part):x}" for part in (a, b, c, d))
    return [
        ip,
        f"{ip}.",
        str(number),
        f"{number}.",
        hex(number),
        f"0X{number:08X}",
        f"0{number:o}",
        f"000{number:o}",
        f"{a}.{low}",
        f"{a}.{b}.{tail}",
        f"0x{int(a):x}.{low}",
        octal,
        hexed,
        f"0x{int(a):02x}.0{int(b):o}.{tail}",
        ip.translate(_CIRCLED),
        ip.translate(_FULL_WIDTH),
        ip.translate(_BOLD),
        ip.translate(_SUPERSCRIPT),
        *(ip.replace(".", dot) for dot in _DOTS),
        ip.replace(".", "%2e"),
        "".join(f"%{ord(letter):02x}" for letter in ip),
        "".join(f"%{byte:02X}" for byte in ip.translate(_CIRCLED).encode()),
        f"{a}.{b}.\u00ad{c}.{d}",
        f"[::ffff:{ip}]",
        f"[::ffff:{number >> 16:x}:{tail:x}]",
        f"[0:0:0:0:0:ffff:{number >> 16:04x}:{tail:04x}]",
        f"[::{ip}]",
        f"[64:ff9b::{ip}]",
        f"[64:ff9b:1::{ip}]",
        f"[2002:{number >> 16:x}:{tail:x}::]",
        f"[2001:0:{number >> 16:x}:{tail:x}::1]",
    ]


_HOSTS = [
    *(host for ip in _TARGETS for host in spellings(ip)),
    *_MORE,
    *"localhost LOCALHOST localhost. a.localhost ip6-localhost localhost.localdomain printer.local".split(),
    *"shop.internal metadata.google.internal router.home.arpa %6cocalhost loc\u00adalhost \uff4cocalhost ⓛⓞⓒⓐⓛⓗⓞⓢⓣ".split(),
    *"[::] [::1] [0:0:0:0:0:0:0:1] [::0001] [fe80::1] [fe80::1%25eth0] [fec0::1] [fc00::1] [fd00:ec2::254]".split(),
    *"[ff02::1] [100::1] [2001:db8::1] [3fff::1] [5f00::1] [2001::1] [2001:10::1] [2620:4f:8000::1]".split(),
]

_OTHERS = [
    "",
    " ",
    "http://",
    "http:///",
    "https://?",
    "https://#x",
    "http://.",
    "http://..",
    "http://:80/",
    "//example.com/",
    "example.com",
    "/relative",
    "http:example.com",
    "http:/example.com",
    "file:///etc/passwd",
    "ftp://example.com/",
    "gopher://example.com:70/_x",
    "dict://example.com:11211/stat",
    "ldap://example.com/",
    "javascript:alert(1)",
    "data:text/html,x",
    "blob:https://example.com/1",
    "view-source:http://example.com/",
    "jar:http://example.com!/",
    "unix:///var/run/docker.sock",
    "ws://example.com/",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "http://user@example.com/",
    "http://user:password@example.com/",
    "http://@example.com/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1\\@example.com/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1?@example.com/",
    "http:\\\\127.0.0.1\\",
    "http:////127.0.0.1/",
    "http://127.0.0.1:80\\@example.com/",
    "h\tttp://127.0.0.1/",
    "http://127.\n0.0.1/",
    "\x00http://127.0.0.1/",
    *(
        f"http://example.com:{port}/"
        for port in (0, 1, 21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 587, 993)
    ),
    *(
        f"http://example.com:{port}/"
        for port in (1433, 2375, 2379, 3306, 3389, 5432, 5984, 6379, 8086, 9092, 9200, 11211)
    ),
    "http://example.com:65536/",
    "http://example.com:99999999999/",
    "http://example.com:-1/",
    "http://example.com:80:80/",
    "http://example.com:８０/",
    "http://example.com:0x50/",
    "http://example.com:80a/",
    "http://example.com:+80/",
    "http://exa mple.com/",
    "http://exa%00mple.com/",
    "http://exa%0d%0ample.com/",
    "http://exa%2fmple.com/",
    "http://exa<mple.com/",
    "http://exa^mple.com/",
    "http://exa|mple.com/",
    'http://"example.com/',
    "http://exa$mple.com/",
    "http://a..b.example/",
    "http://1.2.3.4.5/",
    "http://1.2.3.256/",
    "http://256/example.1.1.1.1.1:99/",
    "http://08.1.1.1/",
    "http://4294967296/",
    "http://0x100000000/",
    "http://example.0x7f/",
    "http://[::1/",
    "http://::1/",
    "http://[]/",
    "http://[v1.x]/",
    "http://[1::2::3]/",
    "http://[::1]x/",
    "http://[::ffff:127.0.0.1.]/",
    f"http://{'a' * 64}.example/",
    f"http://{'a.' * 130}example/",
    f"http://example.com/{'a' * 9000}",
    "http://example.com/\ud800",
    "http://\ud800.example/",
    "http://%ff.example/",
]

ATTACKS = [f"http://{host}/" for host in _HOSTS] + _OTHERS + [f"https://{host}:8443/x" for host in _HOSTS[::3]]

GOOD = [
    ("http://example.com\\@127.0.0.1/", "http://example.com/@127.0.0.1/"),
    ("http://example.com", "http://example.com/"),
    ("HTTPS://Example.COM:443/A%7eb?q=ü#frag", "https://example.com/A%7eb?q=%C3%BC"),
    (" https://example.com/a b\n", "https://example.com/a%20b"),
    ("https:\\\\example.com\\a\\b?c\\d", "https://example.com/a/b?c\\d"),
    ("http://example.com:8080/", "http://example.com:8080/"),
    ("https://example.com:80/", "https://example.com:80/"),
    ("http://8.8.8.8/", "http://8.8.8.8/"),
    ("http://0x08080808/", "http://8.8.8.8/"),
    ("http://134744072/", "http://8.8.8.8/"),
    ("http://①.1.1.1/", "http://1.1.1.1/"),
    ("http://[2606:4700:4700:0::1111]/", "http://[2606:4700:4700::1111]/"),
    ("https://bücher.example/", "https://xn--bcher-kva.example/"),
    ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
    ("https://faß.example/", "https://xn--fa-hia.example/"),
    ("https://例え。テスト/", "https://xn--r8jz45g.xn--zckzah/"),
    ("https://☕.example/", "https://xn--53h.example/"),
    ("https://under_score.example.com/", "https://under_score.example.com/"),
    ("https://example.com./", "https://example.com./"),
    ("https://a--b.example/", "https://a--b.example/"),
    ("https://10.example.com/", "https://10.example.com/"),
    ("https://127.0.0.1.example.com/", "https://127.0.0.1.example.com/"),
    ("https://localhost.example.com/", "https://localhost.example.com/"),
    ("https://mylocalhost/", "https://mylocalhost/"),
    ("https://local.example/", "https://local.example/"),
    ("https://example.com/a/./b/../c/%2e%2E/d", "https://example.com/a/d"),
    ("https://example.com/..", "https://example.com/"),
    ("https://example.com/a/..", "https://example.com/"),
    ("https://example.com/a/.", "https://example.com/a/"),
    ("https://example.com//a//b/", "https://example.com//a//b/"),
    ("https://example.com/a;b=1,2:@!$&'()*+[x]|^~", "https://example.com/a;b=1,2:@!$&'()*+[x]|^~"),
    ("https://example.com/%zz%4", "https://example.com/%zz%4"),
    ("https://example.com/?", "https://example.com/?"),
    ("https://example.com?u=http://127.0.0.1/@x", "https://example.com/?u=http://127.0.0.1/@x"),
    ("https://example.com/@user", "https://example.com/@user"),
    ('https://example.com/?a="b"&c=<d>\'', "https://example.com/?a=%22b%22&c=%3Cd%3E%27"),
    ("https://example.com/\x00b\x00", "https://example.com/%00b"),
    ("https://example.com/日本", "https://example.com/%E6%97%A5%E6%9C%AC"),
]
