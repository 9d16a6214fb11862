"""What the users do: popularity, mix, checks of responses, and scenario texts run as modules."""

import random
from collections import Counter
from pathlib import Path

import pytest

from probe import checks, textmodules
from probe.mix import Dealer, deck
from probe.zipf import ZipfIds, cumulative_shares, user_rng

DATA = Path(__file__).parents[1] / "data" / "probe"


# -- popularity -------------------------------------------------------------------------------------------------------


def test_zipf_shares_follow_the_law():
    shares = cumulative_shares(1000, 1.0)
    assert shares[-1] == 1
    harmonic = sum(1 / rank for rank in range(1, 1001))
    assert shares[0] == pytest.approx(1 / harmonic)
    assert shares[9] - shares[8] == pytest.approx(1 / 10 / harmonic)


def test_zipf_draws_match_the_shares():
    ids, draws = ZipfIds(100, 1.0, random.Random(3)), 20_000
    counts = Counter(ids.next() for _ in range(draws))
    first, second = cumulative_shares(100, 1.0)[0], cumulative_shares(100, 1.0)[1]
    assert counts[1] / draws == pytest.approx(first, abs=0.01)
    assert counts[2] / draws == pytest.approx(second - first, abs=0.01)
    assert min(counts) == 1
    assert max(counts) <= 100


def test_zipf_of_exponent_zero_is_uniform():
    assert cumulative_shares(4, 0.0) == (0.25, 0.5, 0.75, 1.0)


def test_users_draw_the_same_again_but_not_the_same_as_each_other():
    def draws(seed: int, index: int) -> list[int]:
        ids = ZipfIds(20_000, 1.0, user_rng(seed, index))
        return [ids.next() for _ in range(20)]

    assert draws(1, 5) == draws(1, 5)
    assert len({tuple(draws(seed, index)) for seed in (1, 2) for index in range(10)}) == 20


# -- mix --------------------------------------------------------------------------------------------------------------


def test_deck_is_the_smallest_exact_one():
    assert Counter(deck({"feed": 0.35, "photo": 0.45, "user": 0.15, "search": 0.05})) == {
        "feed": 7, "photo": 9, "user": 3, "search": 1,
    }  # fmt: skip
    assert Counter(deck({"hot": 0.9, "other": 0.1})) == {"hot": 9, "other": 1}
    assert deck({"only": 1.0, "never": 0.0}) == ["only"]


def test_deck_of_awkward_shares_is_rounded_but_whole():
    third = deck({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})
    assert Counter(third) == {"a": 1, "b": 1, "c": 1}
    odd = Counter(deck({"a": 0.12345, "b": 0.87655}))
    assert odd.total() == 200
    assert odd["a"] == 25


def test_dealer_keeps_the_mix_exactly_over_each_deck():
    dealer = Dealer({"read": 0.8, "write": 0.2}, seed=1)
    rounds = [tuple(dealer.next() for _ in range(5)) for _ in range(50)]
    assert all(Counter(cards) == {"read": 4, "write": 1} for cards in rounds)
    assert len(set(rounds)) > 1  # shuffled anew


def test_dealer_repeats_with_its_seed():
    first, second = (Dealer({"a": 0.5, "b": 0.5}, seed=9) for _ in range(2))
    assert [first.next() for _ in range(40)] == [second.next() for _ in range(40)]


# -- checks -----------------------------------------------------------------------------------------------------------

PHOTO = (DATA / "photo-page.html").read_bytes()


def test_a_real_page_passes():
    assert checks.page_error(200, PHOTO, "photo", "3") == ""
    assert checks.page_error(200, PHOTO, "photo", "", "Log in to like and comment") == ""


@pytest.mark.parametrize(
    ("status", "body", "kind", "page_id", "contains", "expected"),
    [
        (503, PHOTO, "photo", "3", "", "status 503, expected 200"),
        (200, PHOTO, "feed", "", "", "page 'photo', expected 'feed'"),
        (200, PHOTO, "photo", "4", "", "wrong data-id on page 'photo'"),
        (200, PHOTO[:-20], "photo", "3", "", "the page is cut off: it does not end with </html>"),
        (200, b"", "photo", "3", "", "the body has no <html data-page=...>"),
        (200, PHOTO, "photo", "3", "nobody wrote this", "page 'photo' lacks the text that must be in it"),
    ],
)
def test_a_page_that_is_not_what_was_asked_for(status, body, kind, page_id, contains, expected):
    assert checks.page_error(status, body, kind, page_id, contains) == expected


def test_pictures_and_their_signatures_are_found():
    pictures = checks.Page(kind="photo", body=PHOTO).pictures
    assert pictures[0].startswith("/media/seed/0003.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=")
    assert all("_t.jpg?" in address for address in pictures[1:])
    assert not [address for address in pictures if "&amp;" in address]


def test_csrf_token_is_found():
    assert len(checks.Page(kind="login", body=(DATA / "login-page.html").read_bytes()).csrf) > 20
    assert checks.Page(kind="photo", body=b"<html></html>").csrf == ""


@pytest.mark.parametrize(
    ("status", "content_type", "body", "expected"),
    [
        (200, "image/jpeg", b"\xff\xd8 pixels \xff\xd9", ""),
        (403, "application/xml", b"<Error/>", "status 403, expected 200"),
        (200, "text/html", b"<html>", "content type 'text/html', expected image/jpeg"),
        (200, "image/jpeg", b"\xff\xd8 pix", "the picture is cut off"),
    ],
)
def test_pictures(status, content_type, body, expected):
    assert checks.picture_error(status, content_type, body) == expected


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"user": "user0001", "replica": "web-2"}', ""),
        (200, b'{"user": null}', "unexpected value of user"),
        (200, b"<html>", "the body is not JSON"),
        (200, b"[]", "the body is not a JSON object"),
        (500, b"{}", "status 500, expected 200"),
    ],
)
def test_json(status, body, expected):
    assert checks.json_error(status, body, {"user": "user0001"}) == expected


def test_client_addresses_differ_and_stay_in_the_range_for_benchmarks():
    addresses = {checks.client_address(index) for index in range(1000)}
    assert len(addresses) == 1000
    assert all(address.startswith(("198.18.", "198.19.")) for address in addresses)


def test_upload_form_carries_fields_and_file():
    body, content_type = checks.multipart(
        {"csrf": "abc", "title": "Sun"}, "picture", "picture.jpg", b"\xff\xd8\x00"
    )
    boundary = content_type.partition("boundary=")[2].encode()
    parts = body.split(b"--" + boundary)
    assert b'name="csrf"\r\n\r\nabc\r\n' in parts[1]
    assert b'filename="picture.jpg"' in parts[3]
    assert parts[3].endswith(b"\r\n\r\n\xff\xd8\x00\r\n")
    assert parts[4] == b"--\r\n"


# -- scenario texts ---------------------------------------------------------------------------------------------------


def test_a_scenario_may_import_its_own_modules():
    module = textmodules.load(
        "one", "import words_for_one\nWORD = words_for_one.WORD\n", {"words_for_one.py": "WORD = 'hi'"}
    )
    assert module.WORD == "hi"


@pytest.mark.parametrize(
    ("text", "expected_message", "expected_line"),
    [
        ("x = 1\nimport no_such_module_anywhere\n", "No module named", 2),
        ("def f():\n    return 1 / 0\n\nf()\n", "division by zero", 2),
        ("x = 1\ndef f(:\n", "invalid syntax", 2),
    ],
)
def test_errors_are_blamed_on_the_line_of_the_scenario(text, expected_message, expected_line):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any error of a scenario
        textmodules.load("broken", text, {})
    found = textmodules.blame(caught.value, {"broken.py"})
    assert expected_message in found.message
    assert (found.file, found.line) == ("broken.py", expected_line)
