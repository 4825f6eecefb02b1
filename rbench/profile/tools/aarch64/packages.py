"""What the emulated machine is made of: Debian's packages by their sha256, and two wheels.

The packages are those of Debian 12.15 for arm64, with the hashes of its signed index. Everybody's
machine is the same, and stays so: what leaves Debian's mirrors with the next point release lies in
its archive of snapshots for good.
"""

from __future__ import annotations

from typing import NamedTuple

MIRRORS = (
    "https://deb.debian.org/debian",
    "https://snapshot.debian.org/archive/debian/20260801T000000Z",
)
"""Where the packages lie; the second one, when they left the first."""


class Package(NamedTuple):
    """One Debian package."""

    path: str
    """Below a mirror."""
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """Of the file."""
        return self.path.rpartition("/")[2]


PACKAGES = (
    Package(
        "pool/main/g/glibc/libc6_2.36-9+deb12u14_arm64.deb",
        2_324_660,
        "01f4330719fd4f65580e16ea5a0527f372fca750e8f588d26deaf09f2d3b1cf4",
    ),
    Package(
        "pool/main/g/gcc-12/libgcc-s1_12.2.0-14+deb12u1_arm64.deb",
        34_816,
        "576926b283613db80168ddf76380a3bd877602778cf0d226caa7bfbfa71eacf3",
    ),
    Package(
        "pool/main/g/gcc-12/libstdc++6_12.2.0-14+deb12u1_arm64.deb",
        556_608,
        "26e138c677a985775331373828a6c286c551ff397cb735d00e2383cb273d1cb2",
    ),
    Package(
        "pool/main/p/python3.11/libpython3.11-minimal_3.11.2-6+deb12u8_arm64.deb",
        810_796,
        "c48bac178c0fc43a2bf8ace784c762b5ee83e2b981894a991dc3ccfd3ec7cd4b",
    ),
    Package(
        "pool/main/p/python3.11/libpython3.11-stdlib_3.11.2-6+deb12u8_arm64.deb",
        1_749_796,
        "e79876de55c6c2dca10d044b2fa69ccd863950ea01714220c1982d16008105f9",
    ),
    Package(
        "pool/main/p/python3.11/python3.11-minimal_3.11.2-6+deb12u8_arm64.deb",
        1_861_304,
        "6a07dd571f1a15af2f855d64571766fe44b73a57cc3b5ca79502bc89156a5e12",
    ),
    Package(
        "pool/main/z/zlib/zlib1g_1.2.13.dfsg-1_arm64.deb",
        82_744,
        "52b8b8a145bbe1956bba82034f77022cbef0c3d0885c9e32d9817a7932fe1913",
    ),
    Package(
        "pool/main/e/expat/libexpat1_2.5.0-1+deb12u2_arm64.deb",
        86_280,
        "8dc1976735acf825e3a922d82f171e20feec7394da2b8c616091983e38706275",
    ),
    Package(
        "pool/main/o/openssl/libssl3_3.0.20-1~deb12u2_arm64.deb",
        1_823_624,
        "a256e03cc3abd7243ac5c6ee91a9deb56478221ef0d3c2b0748551e13140c0bf",
    ),
    Package(
        "pool/main/libf/libffi/libffi8_3.4.4-1_arm64.deb",
        20_492,
        "80b5c36177dc0e29d531c7eddbed3cc7355cb490e49f8cfa5959572d161f27b3",
    ),
    Package(
        "pool/main/b/bzip2/libbz2-1.0_1.0.8-5+b1_arm64.deb",
        47_452,
        "d3a96ece03326498b39ff093a76800dfcbcb1d4049d6ae6e9f6fa1aa7a590ad6",
    ),
    Package(
        "pool/main/x/xz-utils/liblzma5_5.4.1-1+deb12u1_arm64.deb",
        199_508,
        "647ce9d81e41c30071ce6ac0d3324579216a33aaa1d28971d6952315f6a95a75",
    ),
)
WHEELS = ("ai-edge-litert", "numpy")
"""From PyPI, for CPython 3.11 on arm64; the first one in the version that is on this host."""
PYTHON = "3.11"
PLATFORMS = (
    *(f"manylinux_2_{minor}_aarch64" for minor in range(36, 16, -1)),
    "manylinux2014_aarch64",
)
"""Wheels that run on that Debian's C library."""
