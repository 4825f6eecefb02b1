"""A round's page and its browser, with a stand-in: whatever they do, nothing is left behind."""

import time
from pathlib import Path

import pytest

from rbench.errors import Killed, StageError, Unsupported
from rbench.profile.tools.browser import browsers, session

FILES = {"order": b"{}"}


def run(judge=lambda *_: "", timeout_s=20.0):
    return session.run(browsers.find(), "wasm", FILES, judge, timeout_s, "browser/wasm")


def test_what_the_page_says_comes_back(standin):
    standin("if answers([1], [2])['time']:\n    say('begin', {})\n    say('result', RESULT)")
    heard = []

    def judge(document, outputs):
        heard.append((document["accelerated"], {k: v.tolist() for k, v in outputs.items()}))
        return ""

    found = run(judge)
    assert found.document["warmups"] == 7
    assert heard == [(False, {"items": [1], "scores": [2.0]})]
    assert abs(found.began - time.time()) < 60
    assert found.surroundings.cores >= 1


def test_wrong_answers_are_not_timed(standin):
    standin("assert not answers([1], [2])['time']\ntime.sleep(60)")
    with pytest.raises(StageError, match="browser/wasm: other answers"):
        run(lambda *_: "other answers")


@pytest.mark.parametrize(
    ("kind", "error"),
    [("failed", StageError), ("refused", StageError), ("impossible", Unsupported)],
)
def test_what_the_page_refuses_is_told(standin, kind, error):
    standin(
        f"say('failed', dict(kind={kind!r}, said='no\\nluck', faults=['a', 'b'], told=['w']))\n"
        "time.sleep(60)"
    )
    with pytest.raises(error, match=r"Standin 1.0: no luck; a \(and 1 more\); w$"):
        run()


def test_a_fault_after_the_answers_fails_the_round(standin):
    standin("answers([1], [2]); say('begin', {}); say('result', RESULT | {'faults': ['lost']})")
    with pytest.raises(StageError, match="lost"):
        run()


@pytest.mark.slow
def test_a_browser_that_leaves_is_told_with_its_last_words(standin):
    standin("print('no display', file=sys.stderr); sys.exit(3)")
    with pytest.raises(StageError, match="left before the round was over: no display"):
        run()


def test_one_that_is_killed_is_tried_again(standin):
    standin("os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(Killed):
        run()


def test_one_that_hangs_is_ended_with_all_that_it_started(standin, tmp_path):
    pids = tmp_path / "pids"
    standin(
        "child = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}} {{sys.argv[2]}}')\n"
        "time.sleep(600)"
    )
    with pytest.raises(StageError, match="was ended after 3 s"):
        run(timeout_s=3.0)
    *numbers, profile = pids.read_text().split()
    assert all(map(gone, numbers))
    assert "rbench-tmp-" in profile
    assert not Path(profile.partition("=")[2]).exists()


def gone(process):
    """Nobody may have taken note of its end yet."""
    try:
        return Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("said", ["say('answers', {})", "say('nonsense', {})"])
def test_nonsense_is_a_failed_round(standin, said):
    standin(f"{said}\ntime.sleep(60)")
    with pytest.raises(StageError, match="cannot be read"):
        run()
