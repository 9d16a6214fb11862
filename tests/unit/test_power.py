"""What laptops say about their power, read from recorded files and output."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from lab.adapters.power import is_here, power
from lab.model.power import Power, daemon_saving, linux_power, mac_power

# Recorded by the layout of the kernel's documentation: /sys/class/power_supply/*/{type,online,status,scope}.
AC = {"type": "Mains", "online": "1"}
AC_OUT = {"type": "Mains", "online": "0"}
FULL = {"type": "Battery", "status": "Full", "scope": "System"}
CHARGING = {"type": "Battery", "status": "Charging"}
DISCHARGING = {"type": "Battery", "status": "Discharging"}
MOUSE = {"type": "Battery", "status": "Discharging", "scope": "Device"}
USB_C = {"type": "USB", "online": "1"}
USB_C_OUT = {"type": "USB", "online": "0"}


@pytest.mark.parametrize(
    ("supplies", "source"),
    [
        ({}, ""),  # a desktop, a server, most virtual machines
        ({"AC": AC, "BAT0": FULL}, "mains"),
        ({"AC": AC_OUT, "BAT0": DISCHARGING}, "battery"),
        ({"AC": AC, "BAT0": DISCHARGING}, "mains"),  # a charger that is too weak
        ({"ADP1": AC_OUT, "BAT0": CHARGING, "ucsi-source-psy-USBC000:001": USB_C}, "mains"),
        ({"ADP1": AC_OUT, "BAT0": DISCHARGING, "ucsi-source-psy-USBC000:001": USB_C_OUT}, "battery"),
        ({"hid-mouse": MOUSE}, ""),
        ({"AC": AC, "hid-mouse": MOUSE}, "mains"),
        ({"macsmc-battery": DISCHARGING}, "battery"),  # no Mains at all, as on some arm64 laptops
        ({"macsmc-battery": {"type": "Battery", "status": "Not charging"}}, "mains"),
        ({"AC1": AC_OUT, "BAT1": DISCHARGING}, "battery"),  # WSL2
        ({"AC1": AC, "BAT1": CHARGING}, "mains"),  # WSL2
        ({"AC": AC_OUT}, ""),  # a desktop whose firmware invents a socket
    ],
)
def test_where_linux_gets_its_power(supplies: Mapping[str, Mapping[str, str]], source: str) -> None:
    assert linux_power(supplies).source == source


@pytest.mark.parametrize(
    ("profile", "preferences", "governors", "is_saving"),
    [
        ("", (), (), False),
        ("balanced", ("balance_performance",) * 4, (), False),
        ("performance", (), (), False),
        ("low-power", (), (), True),
        ("quiet", (), (), True),
        ("", ("power",) * 4, (), True),
        ("", ("power", "balance_power"), (), False),
        ("", ("balance_power",) * 4, (), False),
        ("", ("255",) * 2, (), True),
        ("", ("128",) * 2, (), False),
        ("", (), (("acpi-cpufreq", "powersave"),) * 4, True),
        ("", (), (("acpi-cpufreq", "schedutil"),) * 4, False),
        ("", (), (("intel_pstate", "powersave"),) * 4, False),  # the usual one of this driver
        ("", (), (("", ""),), False),
    ],
)
def test_what_saves_power_on_linux(
    profile: str, preferences: tuple[str, ...], governors: tuple[tuple[str, str], ...], is_saving: bool
) -> None:
    found = linux_power({"AC": AC}, profile=profile, preferences=preferences, governors=governors)
    assert bool(found.saving) is is_saving
    assert found.word == ("low-power" if is_saving else "mains")
    assert bool(found.warning) is is_saving


MAC_BATTERY = """Now drawing from 'Battery Power'
 -InternalBattery-0 (id=21758051)\t85%; discharging; 4:32 remaining present: true
"""
MAC_MAINS = """Now drawing from 'AC Power'
 -InternalBattery-0 (id=21758051)\t100%; charged; 0:00 remaining present: true
"""
MAC_SETTINGS = """System-wide power settings:
Currently in use:
 standby              1
 Sleep On Power Button 1
 hibernatefile        /var/vm/sleepimage
 powernap             0
 displaysleep         10
 lowpowermode         {}
 womp                 1
"""


@pytest.mark.parametrize(
    ("batteries", "settings", "word"),
    [
        (MAC_BATTERY, MAC_SETTINGS.format(0), "battery"),
        (MAC_MAINS, MAC_SETTINGS.format(0), "mains"),
        (MAC_MAINS, MAC_SETTINGS.format(1), "low-power"),
        (MAC_MAINS, MAC_SETTINGS.replace("lowpowermode", "powermode").format(1), "low-power"),
        (MAC_MAINS, MAC_SETTINGS.replace("lowpowermode", "powermode").format(2), "mains"),
        ("Now drawing from 'UPS Power'\n", "", "battery"),
        ("", "", None),
    ],
)
def test_what_macos_says(batteries: str, settings: str, word: str | None) -> None:
    assert mac_power(batteries, settings).word == word


def test_the_power_daemon() -> None:
    assert daemon_saving("power-saver\n")
    assert not daemon_saving("balanced\n")
    assert not daemon_saving("")


def test_the_warning_names_both_and_what_to_do() -> None:
    said = Power(source="battery", saving="platform profile low-power").warning
    assert "battery" in said
    assert "platform profile low-power" in said
    assert "plug in" in said
    assert Power(source="mains").warning == ""


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n", encoding="utf-8")


def test_the_files_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert power(sys=tmp_path) == Power()
    write(tmp_path, "class/power_supply/AC/type", "Mains")
    write(tmp_path, "class/power_supply/AC/online", "0")
    write(tmp_path, "class/power_supply/BAT0/type", "Battery")
    write(tmp_path, "class/power_supply/BAT0/status", "Discharging")
    assert power(sys=tmp_path).word == "battery"
    write(tmp_path, "class/power_supply/AC/online", "1")
    assert power(sys=tmp_path).word == "mains"
    write(tmp_path, "firmware/acpi/platform_profile", "low-power")
    assert power(sys=tmp_path).word == "low-power"
    write(tmp_path, "firmware/acpi/platform_profile", "balanced")
    write(tmp_path, "devices/system/cpu/cpu0/cpufreq/energy_performance_preference", "power")
    assert power(sys=tmp_path).word == "low-power"
    assert power("ssh://build-server", sys=tmp_path) == Power()  # another computer's engine


@pytest.mark.parametrize(
    ("endpoint", "here"),
    [
        ("unix:///var/run/docker.sock", True),
        ("unix:///Users/me/.colima/default/docker.sock", True),
        ("tcp://127.0.0.1:2375", True),
        ("tcp://10.0.0.7:2376", False),
        ("ssh://me@server", False),
    ],
)
def test_whose_computer_it_is(endpoint: str, here: bool) -> None:
    assert is_here(endpoint) is here
