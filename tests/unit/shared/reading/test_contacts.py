import pytest

from shared.reading.contacts import mail_fault, phone_fault


@pytest.mark.parametrize(
    ("href", "text", "wrong"),
    [
        ("tel:+442079460958", "(020) 7946-0958", False),
        ("tel:+44-20-7946-0958;ext=12", "+44 (0)20 7946 0958", False),
        ("tel:+49301234567", "030 / 123 45 67", False),
        ("tel:+18005550199", "1-800-KNIVES", False),
        ("tel:+442079460958", "Call us 24/7", False),
        ("tel:112", "112", False),
        ("tel:1-800-KNIVES", "Call", False),
        ("tel:+442079460958", "020 7946 0111", True),
        ("tel:+442079460958", "Office 020 7946 0958 or 020 7946 0111", False),
        ("tel:", "Call", True),
    ],
)
def test_phone_numbers(href: str, text: str, wrong: bool) -> None:
    assert bool(phone_fault(href, text)) is wrong


@pytest.mark.parametrize(
    ("href", "text", "wrong"),
    [
        ("mailto:post@example.com", "POST@example.com", False),
        ("mailto:a@example.com,b@example.com?cc=c@example.com", "b@example.com", False),
        ("mailto:Ida%20Stone%20<ida@example.com>", "ida@example.com", False),
        ("mailto:?subject=x", "Share", False),
        ("mailto:post@example.com", "Write to us", False),
        ("mailto:sales@example.com", "post@example.com", True),
        ("mailto:post at example.com", "Write", True),
        ("mailto://post@example", "Write", True),
        ("mailto:", "Write", True),
    ],
)
def test_mail_addresses(href: str, text: str, wrong: bool) -> None:
    assert bool(mail_fault(href, text)) is wrong
