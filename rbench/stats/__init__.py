"""Statistics: one paired comparison, one bootstrap, one significance rule, for all who ask.

A leaf: arrays and numbers in, numbers out. The evaluation, the gate, comparisons of runs and the
reports take their intervals and verdicts from here, so that the same question has one answer.
"""

from rbench.stats.bootstrap import bootstrap_means, percentile_interval
from rbench.stats.power import minimum_detectable_loss
from rbench.stats.relative_loss import RelativeLoss, paired_loss, unpaired_loss
from rbench.stats.significance import ALPHA, POWER, alpha_each, significant
from rbench.stats.students_t import normal_quantile, students_t_quantile, students_t_tail

__all__ = [
    "ALPHA",
    "POWER",
    "RelativeLoss",
    "alpha_each",
    "bootstrap_means",
    "minimum_detectable_loss",
    "normal_quantile",
    "paired_loss",
    "percentile_interval",
    "significant",
    "students_t_quantile",
    "students_t_tail",
    "unpaired_loss",
]
