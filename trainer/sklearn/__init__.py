"""Networks as scikit-learn estimators: for its pipelines, searches and scores. Needs the extra `sklearn`."""

from trainer.ground.extras import install_hint

try:
    import sklearn as sklearn
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(f"trainer.sklearn needs scikit-learn; {install_hint('sklearn')}") from missing

from trainer.sklearn.classifier import NetworkClassifier as NetworkClassifier
from trainer.sklearn.regressor import NetworkRegressor as NetworkRegressor
