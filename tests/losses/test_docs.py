"""The loss that docs/writing-a-loss.md writes keeps the contract and is found in a file."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("the contract needs rbench[sweep]", allow_module_level=True)

from rbench import plugins
from rbench.errors import PluginError
from rbench.testing import check_loss

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-loss.md"
SNIPPET = re.findall(r"```python\n# sampled\.py\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]


@pytest.mark.slow
def test_the_page_s_loss_keeps_the_contract(tmp_path):
    path = tmp_path / "sampled.py"
    path.write_text(SNIPPET)
    check_loss(plugins.loss(f"{path}:Sampled", {"negatives": 5}))
    with pytest.raises(PluginError, match="has no option 'temperature'; allowed: negatives"):
        plugins.loss(f"{path}:Sampled", {"temperature": 1.0})
    with pytest.raises(PluginError, match="unknown loss 'nothing'"):
        plugins.loss("nothing")
