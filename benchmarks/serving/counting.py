"""What the figures say: three ratios, and when a download has paid for itself. Arithmetic alone."""

from __future__ import annotations

from typing import NamedTuple


class Ratios(NamedTuple):
    """A server's answer over the device's own."""

    compute: float
    """Without any network."""
    network: float
    """With a round trip of the network."""
    felt: float | None
    """From tap to paint, where it is known what that takes on the device."""


def ratios(
    server_us: float, device_us: float, round_trip_ms: float, paint_ms: float | None
) -> Ratios:
    """The three.

    Args:
        server_us: median of an answer over loopback.
        device_us: median of an answer in the app's own process.
        round_trip_ms: what the network adds.
        paint_ms: from tap to painted list on the device, its own answer included.
    """
    answered = server_us + 1000 * round_trip_ms
    felt = None
    if paint_ms is not None:
        painted = 1000 * paint_ms
        felt = (painted - device_us + answered) / painted
    return Ratios(server_us / device_us, answered / device_us, felt)


def paid_after(model_bytes: int, bytes_a_tap: float) -> int:
    """The number of taps from which on a model that was downloaded has cost less than asking."""
    return -(-model_bytes // max(1, round(bytes_a_tap)))


def percentile(sorted_values: list[float], share: float) -> float:
    """Linear between neighbours; the values must be sorted."""
    place = share * (len(sorted_values) - 1)
    low = int(place)
    high = min(low + 1, len(sorted_values) - 1)
    return sorted_values[low] + (place - low) * (sorted_values[high] - sorted_values[low])
