"""What a laptop says about its power supply and about saving power. Pure: readers of recorded text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_SLOW_PROFILES: Final = ("low-power", "quiet", "cool")
_SETS_SPEED_ITSELF: Final = (
    "intel_pstate",
    "amd-pstate-epp",
)  # "powersave" is the usual governor of these, and does not slow down
_FEED: Final = ("Mains", "USB", "USB_C", "USB_PD", "Wireless")
_EPP_SAVING: Final = 192  # raw values of the preference go from 0 (performance) to 255 (power)


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """Attributes: source: `mains`, `battery`, or "" where the machine does not say; saving: what slows it down, or ""."""

    source: str = ""
    saving: str = ""

    @property
    def word(self) -> str | None:
        """Return `low-power`, `battery`, `mains`, or None when nothing is known."""
        if self.source == "battery":
            return "battery"
        return "low-power" if self.saving else self.source or None

    @property
    def warning(self) -> str:
        """Return what a measurement should be warned of; empty when there is nothing."""
        found = ["this computer runs on battery"] if self.source == "battery" else []
        found += [f"it saves power ({self.saving})"] if self.saving else []
        if not found:
            return ""
        return f"{' and '.join(found)}: speed changes while it measures; plug in, switch power saving off"


def linux_power(
    supplies: Mapping[str, Mapping[str, str]],
    *,
    profile: str = "",
    preferences: Sequence[str] = (),
    governors: Sequence[tuple[str, str]] = (),
) -> Power:
    """Read what Linux says, WSL2 included.

    Args:
        supplies: /sys/class/power_supply, the files `type`, `online`, `status`, `scope` of each.
        profile: /sys/firmware/acpi/platform_profile.
        preferences: energy_performance_preference of each processor.
        governors: (scaling_driver, scaling_governor) of each processor.

    Source: kernel Documentation/ABI/testing/sysfs-class-power, sysfs-platform_profile; admin-guide/pm/intel_pstate.rst.
    """
    return Power(source=_source(supplies), saving=_saving(profile, preferences, governors))


def _source(supplies: Mapping[str, Mapping[str, str]]) -> str:
    own = [
        supply for supply in supplies.values() if supply.get("scope") != "Device"
    ]  # not the mouse's battery
    feeds = [supply.get("online") for supply in own if supply.get("type") in _FEED]
    batteries = [supply.get("status", "") for supply in own if supply.get("type") == "Battery"]
    if any(online not in {"0", "", None} for online in feeds):
        return "mains"
    if "Discharging" in batteries:
        return "battery"
    mains = [supply for supply in own if supply.get("type") == "Mains"]
    if batteries and not mains:
        return "mains"  # charging, full or not charging: something feeds it
    return "battery" if mains and batteries else ""


def _saving(profile: str, preferences: Sequence[str], governors: Sequence[tuple[str, str]]) -> str:
    if profile in _SLOW_PROFILES:
        return f"platform profile {profile}"
    if preferences and all(_is_saving(word) for word in preferences):
        return f"processor's energy preference {preferences[0]}"
    slow = [
        governor == "powersave" and driver not in _SETS_SPEED_ITSELF
        for driver, governor in governors
        if driver and governor
    ]
    return "processor's governor powersave" if slow and all(slow) else ""


def _is_saving(word: str) -> bool:
    return word == "power" or (word.isdecimal() and int(word) >= _EPP_SAVING)


def daemon_saving(said: str) -> str:
    """Read what `powerprofilesctl get` printed."""
    return "profile power-saver" if said.strip() == "power-saver" else ""


def mac_power(batteries: str, settings: str) -> Power:
    """Read what `pmset -g batt` and `pmset -g` printed on macOS; a Mac without a battery is on AC Power.

    Source: pmset(1); `lowpowermode` since macOS 12, `powermode` (1 is low) where there are three modes.
    """
    drawn = re.search(r"drawing from '([^']+)'", batteries)
    source = {"AC Power": "mains", "Battery Power": "battery", "UPS Power": "battery"}.get(
        drawn[1] if drawn else "", ""
    )
    mode = re.search(r"^\s*(?:lowpowermode|powermode)\s+(\d)", settings, re.MULTILINE)
    return Power(source=source, saving="Low Power Mode" if mode and mode[1] == "1" else "")
