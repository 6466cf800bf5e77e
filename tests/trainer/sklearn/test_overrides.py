"""Overrides that an estimator cannot do are refused, each with its reason."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from trainer.ground.errors import ConfigError
from trainer.sklearn import NetworkClassifier
from trainer.sklearn.overrides import configuration

DATA = np.eye(10), np.arange(10) % 2
RUN = "it is for runs of the command line; use python -m trainer"
SEVERAL = "it sets many options of a run at once; give those you want by themselves"
CURVES = "{_target_: trainer.callbacks.Curves}"


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("data=mnist", "data=mnist: the data are X and y; leave it out"),
        ("data.mean=[1]", "data.mean=[1]: the data are X and y; leave it out"),
        ("+data.root=x", "+data.root=x: the data are X and y; leave it out"),
        ("~data", "~data: the data are X and y; leave it out"),
        ("++data={mean: [1]}", "++data={mean: [1]}: the data are X and y; leave it out"),
        ("seed=3", "seed=3: give the estimator random_state instead"),
        ("task=summary", "task=summary: a fit only trains; use python -m trainer"),
        ("resume=outputs", "resume=outputs: a fit starts from scratch; use python -m trainer"),
        ("objective=best_val_loss", "objective=best_val_loss: scikit-learn's searches compare by their own scoring; "
                                    "leave it out"),
        ("+loss.class_weights=balanced", "+loss.class_weights=balanced: give the estimator class_weight instead"),
        ("limit.test=5", "limit.test=5: a fit has no test examples; leave it out"),
        ("limit={train: 9, test: 5}", "limit={train: 9, test: 5}: a fit has no test examples; leave it out"),
        ("logger=tensorboard", f"logger=tensorboard: {RUN}"),
        ("callbacks=default", "callbacks=default: give single ones, as in callbacks.early_stopping.patience=5"),
        ("callbacks.curves.seconds=1", f"callbacks.curves.seconds=1: {RUN}"),
        ("~callbacks.checkpoints", f"~callbacks.checkpoints: {RUN}"),
        ("callbacks={checkpoints: null}", f"callbacks={{checkpoints: null}}: {RUN}"),
        (f"+callbacks.more={CURVES}", f"+callbacks.more={CURVES}: {RUN}"),
        ("experiment=mlp_mnist", f"experiment=mlp_mnist: {SEVERAL}"),
        ("debug=profile", f"debug=profile: {SEVERAL}"),
        ("search=lr", f"search=lr: {SEVERAL}"),
        ("+local=mine", f"+local=mine: {SEVERAL}"),
        ("hydra.run.dir=x", "hydra.run.dir=x: it configures the command line; leave it out"),
        ("hydra/launcher=joblib", "hydra/launcher=joblib: it configures the command line; leave it out"),
        ("model@data=mlp", "model@data=mlp: a choice is written GROUP=NAME; ~GROUP leaves one out"),
        ("model=null", "model=null: a choice is written GROUP=NAME; ~GROUP leaves one out"),
        ("epochs=1,2", "epochs=1,2: several values need a search of scikit-learn's; one list is written KEY=[1,2]"),
        # As on the command line.
        ("epochs=ten", "epochs: 'ten' is not an integer"),
        ("epochs", "epochs: not an override; write KEY=VALUE, special characters in quotes"),
        ("epocs=5", "epocs=5: no option 'epocs'; did you mean 'epochs'?"),
        ("+epocs=5", "+epocs=5: no option 'epocs'; did you mean 'epochs'?"),
        ("model=lenet", "model=lenet: no such file configs/model/lenet.yaml; did you mean 'lenet5'?"),
        ("~model", "~model: it is missing; set it with model=..."),
        ("~callbacks.curvs", "~callbacks.curvs: callbacks has no option 'curvs'; did you mean 'curves'?"),
    ],
)
def test_overrides_that_cannot_be_done(override, line):
    with pytest.raises(ConfigError) as caught:
        NetworkClassifier((override,)).fit(*DATA)
    assert str(caught.value) == line


def test_overrides_in_one_string():
    with pytest.raises(ConfigError, match=r"^overrides: 'epochs=5' is one string; give a sequence"):
        NetworkClassifier("epochs=5").fit(*DATA)


@pytest.mark.parametrize(
    ("given", "levels", "places"), [((), [], False), ((), [25], True), (("model=table_mlp",), [], True)]
)
def test_a_model_that_reads_categories_gets_them(given, levels, places):
    data = {"shape": [3], "levels": levels, "num_classes": 2}
    config = configuration(given, data, seed=0)
    assert config["data"]["places"] == places
    assert ("vectors" in config["model"]["layers"]) == places
