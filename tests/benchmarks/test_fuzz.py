"""The fuzz program: its checks find what they are for, its inputs are the same each time, and a
short run of it finds nothing.
"""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))  # at the end: rbench is the installed one

from benchmarks import fuzz  # noqa: E402
from benchmarks.fuzzing import hostile, inputs, mutate, sandbox  # noqa: E402

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.mark.parametrize(
    ("check", "bad"),
    [
        (hostile.in_text, "a\x1b[31mred"),
        (hostile.in_text, "fine\n::error::injected\n"),
        (hostile.in_text, "fine\r  ::error::injected"),
        (hostile.in_text, "a\u202eb"),
        (hostile.in_annotations, "::error title=pwned::pwned\n"),
        (hostile.in_annotations, "::stop-commands::pwned\n"),
        (hostile.in_html, "<p><img src=x onerror=pwned()></p>"),
        (hostile.in_html, '<a href="javascript:pwned()">x</a>'),
        (hostile.in_html, "<script>let a = '</script><script>pwned()</script>"),
        (hostile.in_csv, "a,b\n1,=cmd|'/C calc'!A0\n"),
        (hostile.in_csv, "a,b\n1,2\n3\n"),
        (hostile.in_csv, "a,b\n1,x\r=cmd\n"),
        (hostile.in_junit, "<testsuites><testcase name='\x1b'/></testsuites>"),
        (hostile.in_junit, "<testsuites><script/></testsuites>"),
        (hostile.in_json, '{"a": '),
    ],
)
def test_a_check_finds_what_it_is_for(check, bad):
    assert check(bad)


@pytest.mark.parametrize(
    ("check", "good"),
    [
        (hostile.in_text, "bow x float32: <img src=x onerror=pwned()>, fine\n\tindented\n"),
        (hostile.in_annotations, "::error title=size, bow x float32::too large: pwned\n"),
        (hostile.in_html, "<p>&lt;img src=x onerror=pwned()&gt;</p><script>let a = 1</script>"),
        (hostile.in_csv, 'a,b\n1,\'=cmd\n-2.5,"x\ny"\n'),
        (hostile.in_junit, "<testsuites><testsuite><testcase name='a'/></testsuite></testsuites>"),
        (hostile.in_json, '{"a": 1}'),
    ],
)
def test_a_check_passes_what_is_sound(check, good):
    assert not check(good)


def test_inputs_of_a_seed_are_the_same_each_time():
    document = {"a": [1, 2, {"b": "c"}], "d": 0.5}
    made = [
        [mutate.json_text(mutate.document(document, Random(seed))) for seed in range(40)]
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len(set(made[0])) > 30
    kinds = [fuzz._kind(1, number) for number in range(300)]
    assert set(kinds) == set(inputs.KINDS)
    assert sum(share for share, _ in inputs.KINDS.values()) == pytest.approx(1)


@linux
def test_a_call_says_what_became_of_it(tmp_path):
    (tmp_path / "work").mkdir()
    script = (
        "import sys; sys.path.append(sys.argv[1]); from pathlib import Path\n"
        "from benchmarks.fuzzing import sandbox; sandbox.become_subreaper()\n"
        "import rbench.cli, subprocess\n"
        "def leaves(words): subprocess.Popen(['sleep', '60']); sys.exit(3)\n"
        "def raises(words): raise ValueError('boom')\n"
        "for main in (leaves, raises):\n"
        "    rbench.cli.main = main; sandbox.GRACE_S = 0.2\n"
        "    made = sandbox.call((), Path(sys.argv[2]))\n"
        "    print(made.code, len(made.left), b'Traceback' in made.stderr)\n"
    )
    words = [sys.executable, "-c", script, str(ROOT), str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["3 1 False", "70 0 True"]
    assert sandbox.MEMORY_BYTES == 1 << 30


@linux
@pytest.mark.slow
def test_a_short_run_finds_nothing():
    pytest.importorskip("pyarrow", reason="logs need rbench[sweep]")
    pytest.importorskip("ai_edge_litert", reason="models need rbench[profile]")
    words = [sys.executable, "benchmarks/fuzz.py", "--inputs", "25", "--seed", "3"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert ": 0 faults" in done.stdout
