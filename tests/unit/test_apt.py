"""The machine's package sources, in both of apt's formats, and what is derived from them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.model.apt import Source, archives, deb822, parse_sources, sources_list

ONE_LINE = """\
# a comment
deb http://mirror.test/debian/ bookworm main contrib   # trailing comment
deb-src http://mirror.test/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://mirror.test/debian-security bookworm-security main
deb [ arch=amd64 ] http://vendor.test/apt stable vendor
deb cdrom:[Debian 12]/ bookworm main
#deb http://off.test/debian bookworm main
"""
DEB822 = """\
Types: deb deb-src
# the mirror of this site
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main
 contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
Enabled: no
URIs: http://off.test/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.test/debian
Suites: bookworm
Components: main
"""


def test_one_line_format() -> None:
    found = parse_sources({"sources.list": ONE_LINE})
    assert found[0] == Source(
        uri="http://mirror.test/debian", suite="bookworm", components=("main", "contrib")
    )
    assert [(s.uri, s.suite) for s in found if s.is_debian] == [
        ("http://mirror.test/debian", "bookworm"),
        ("http://mirror.test/debian-security", "bookworm-security"),
    ]


def test_deb822_format_with_continuation_comment_and_disabled_stanza() -> None:
    assert parse_sources({"debian.sources": DEB822}) == [
        Source(uri="http://mirror.test/debian", suite="bookworm", components=("main", "contrib")),
        Source(uri="http://mirror.test/debian", suite="bookworm-updates", components=("main", "contrib")),
    ]


def test_another_suite_comes_from_the_same_mirrors_with_the_pockets_they_have() -> None:
    sources = parse_sources({"sources.list": ONE_LINE})
    assert [(s.uri, s.suite) for s in archives(sources, "trixie")] == [
        ("http://mirror.test/debian", "trixie"),
        ("http://mirror.test/debian-security", "trixie-security"),
    ]


def test_sid_has_no_pockets_and_may_be_frozen_past_its_valid_until() -> None:
    sources = archives(parse_sources({"debian.sources": DEB822}), "sid")
    assert sources_list(sources) == "deb [check-valid-until=no] http://mirror.test/debian sid main\n"


def test_ubuntu_and_vendor_sources_are_no_debian_mirror() -> None:
    text = "deb http://archive.test/ubuntu noble main universe\ndeb https://vendor.test/apt stable tools\n"
    assert archives(parse_sources({"sources.list": text}), "trixie") == []


def test_what_is_written_is_read_back() -> None:
    source = Source(uri="https://mirror.test/debian", suite="trixie", components=("main",))
    assert parse_sources({"x.sources": deb822(source)}) == [source]
    assert parse_sources({"x.list": sources_list([source])}) == [source]


@given(st.text(), st.sampled_from(["x.list", "x.sources"]))
def test_any_text_is_read_without_failing(text: str, name: str) -> None:
    for source in parse_sources({name: text}):
        assert source.suite
