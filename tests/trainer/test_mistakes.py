"""Every mistake in a configuration is one line that says where, what and the remedy, before anything is written."""

import re

import pytest

# What is typed, and what comes back.
OVERRIDES = [
    # Keys that do not exist, also past Hydra's own checks.
    ("epocs=5", "epocs=5: no option 'epocs'; did you mean 'epochs'?"),
    ("+epocs=5", "+epocs=5: no option 'epocs'; did you mean 'epochs'?"),
    ("++epocs=5", "++epocs=5: no option 'epocs'; did you mean 'epochs'?"),
    ("+nonsense.a.b=1", r"re:\+nonsense\.a\.b=1: no option 'nonsense'; choose one of: model, data, .*"),
    ("optimizr=sgd", "optimizr=sgd: no option 'optimizr'; did you mean 'optimizer'?"),
    ("epochs.x=1", "epochs.x=1: 'epochs' is a value without options"),
    ("callbacks.curvs.seconds=1", "callbacks.curvs.seconds=1: callbacks has no option 'curvs'; did you mean 'curves'?"),
    ("hydra.run.dri=x", "hydra.run.dri=x: hydra.run has no option 'dri'; did you mean 'dir'?"),
    # Options that the named class does not have.
    ("model.layers.drop1.prob=0.3", "model.layers.drop1.prob=0.3: Dropout has no option 'prob'; did you mean 'p'?"),
    ("++optimizer.lrr=1", "++optimizer.lrr=1: Adam has no option 'lrr'; did you mean 'lr'?"),
    (
        "optimizer=sgd ++optimizer.betas=[0,0]",
        "++optimizer.betas=[0,0]: SGD has no option 'betas'; choose one of: lr, momentum, nesterov, weight_decay, "
        "groups",
    ),
    (
        "optimizer.groups={*.bias:{decay:0}}",
        "optimizer.groups={*.bias:{decay:0}}: Adam: '*.bias' has no option 'decay'; choose one of: lr_factor, "
        "weight_decay",
    ),
    (
        "++model.layers.conv1.kernal_size=3",
        "++model.layers.conv1.kernal_size=3: Conv2d has no option 'kernal_size'; did you mean 'kernel_size'?",
    ),
    (
        "model.layers.conv1.dilation=2",
        "model.layers.conv1.dilation=2: Conv2d has this option but the configuration does not set it yet; "
        "add it with +model.layers.conv1.dilation=VALUE",
    ),
    # Choices that do not exist.
    ("optimizer=adm", "optimizer=adm: no such file configs/optimizer/adm.yaml; did you mean 'adam'?"),
    ("data=cifar", r"re:data=cifar: no such file configs/data/cifar\.yaml; choose one of: arrays, circles, .*"),
    ("debug=fast", "debug=fast: no such file configs/debug/fast.yaml; did you mean 'fast_dev_run'?"),
    ("hydra/launcher=basik", r"re:hydra/launcher=basik: no such file .*; did you mean 'basic'\?"),
    ("+optimizer=sgd", "+optimizer=sgd: a choice is made already; leave out the plus sign to change it"),
    ("optimizer=null", "optimizer=null: a choice is written GROUP=NAME; ~GROUP leaves one out"),
    ("++optimizer=sgd", "++optimizer=sgd: a choice is written optimizer=sgd, without the plus signs"),
    ("+experiment=table experiment=table", "experiment=table: this group has two choices; leave one out"),
    ("optimizer=", "optimizer=: no choice is named; choose one of: adam, adamw, sgd"),
    ("logger=[json_lines,tensorbord]", r"re:logger.*: no such file .*/tensorbord\.yaml; did you mean 'tensorboard'\?"),
    ("~epochs=3", "~epochs=3: its value is 20; write ~epochs to leave it out"),
    ("=5", "=5: not an override; write KEY=VALUE, special characters in quotes"),
    ("@model=mlp", "@model=mlp: not an override; write KEY=VALUE, special characters in quotes"),
    ("hydra.job.chdir=maybe", "hydra.job.chdir=maybe: 'maybe' is not true or false"),
    ("hydra.mode=RUNS", "hydra.mode=RUNS: 'RUNS' is not one of RUN, MULTIRUN"),
    (
        "hydra.searchpath=3",
        "hydra.searchpath=3: is not a list of folders; write hydra.searchpath=[file://FOLDER], or --config-dir FOLDER",
    ),
    (
        "hydra.launcher.n_jobs=3",
        "hydra.launcher.n_jobs=3: the jobs run one after the other; choose another launcher first, as with "
        "hydra/launcher=joblib",
    ),
    (
        "hydra.run.dir=${nothing}",
        "hydra.run.dir=${nothing}: it refers to 'nothing', which does not exist; name a key that does",
    ),
    ("--config-dir nowhere", r"re:--config-dir: there is no folder .*nowhere"),
    ("--config-path nowhere", "--config-path: there is no such folder; write --config-dir FOLDER"),
    ("--config-path /nowhere", "--config-path: there is no such folder; write --config-dir FOLDER"),
    ("--resolve", "--resolve goes with --cfg job"),
    ("--info nothing", r"re:argument --info/-i: invalid choice: 'nothing' \(choose from .*"),
    (
        "model.layers={drop:null}",
        "model.layers={drop:null}: model.layers has no option 'drop'; add it with +model.layers={drop:null}, "
        "or did you "
        "mean 'drop1'?",
    ),
    ("task=trian", r"re:task: 'trian' is not one of 'train', .*; did you mean 'train'\?"),
    (
        "data=moons +data.augment.noise={_target_:datasets.GaussianNoise}",
        "+data.augment.noise={_target_:datasets.GaussianNoise}: Moons has no option 'augment'; choose one of: "
        "examples, noise, seed, num_classes",
    ),
    (
        "+data.augment.crop={_target_:datasets.RandomCrop,padding:30}",
        "+data.augment.crop={_target_:datasets.RandomCrop,padding:30}: Digits: padding: 30 is not smaller than the "
        "image, 28x28",
    ),
    # Types.
    ("+data.augment.flip=null", "data.augment.flip: null is not an Augmentation or a Mixing"),
    ("data.transforms=[1]", "data.transforms=[1]: is a list where a mapping belongs; write {NAME: VALUE}"),
    ("epochs=ten", "epochs: 'ten' is not an integer"),
    ("epochs=1.5", "epochs: 1.5 is not an integer"),
    ("epochs=true", "epochs: true is not an integer"),
    ("epochs=null", "epochs: null is not an integer"),
    ("fuse=maybe", "fuse: 'maybe' is not true or false"),
    ("optimizer.lr=fast", "optimizer.lr: 'fast' is not a number"),
    ("model.layers.conv1.out_channels=six", "model.layers.conv1.out_channels: 'six' is not an integer"),
    (
        "model.layers.conv1.kernel_size=[5,5,5]",
        "model.layers.conv1.kernel_size=[5,5,5]: [5, 5, 5] is not an integer or a list of 2 integers",
    ),
    ("data.transforms.resize.size=big", "data.transforms.resize.size: 'big' is not a list of integers"),
    ("model.layers=5", "model.layers: 5 is not a mapping"),
    ("precision=f16", "precision: 'f16' is not one of 'float32', 'float64'"),
    ("parallel.workers=many", "parallel.workers: 'many' is not an integer or one of 'auto'"),
    # Ranges.
    ("epochs=0", "epochs: 0 is not in [1, inf)"),
    ("batch_size=-8", "batch_size: -8 is not in [1, inf)"),
    ("seed=-1", "seed: -1 is not in [0, inf)"),
    ("validation=1.0", "validation: 1.0 is not in [0, 1)"),
    (
        "limit.train=1.5",
        "limit.train: 1.5 is neither a number of examples, such as 500, nor a share, such as 0.1; null takes all",
    ),
    ("optimizer.lr=-1", "optimizer.lr=-1: Adam: -1.0 is not in [0, inf)"),
    (
        "optimizer.groups={conv1.*:{lr_factor:-1}}",
        "optimizer.groups={conv1.*:{lr_factor:-1}}: Adam: 'conv1.*': lr_factor: -1.0 is not in [0, inf)",
    ),
    (
        "optimizer.groups={conv1.wight:{lr_factor:0}}",
        "optimizer.groups={conv1.wight:{lr_factor:0}}: 'conv1.wight' matches no parameter; "
        "the nearest is 'conv1.weight'",
    ),
    ("optimizer.betas=[0.9,1.5]", "optimizer.betas=[0.9,1.5]: Adam: 1.5 is not in [0, 1)"),
    ("schedule.pct_start=3", "schedule.pct_start=3: OneCycle: 3.0 is not in [0, 1)"),
    ("model.layers.drop1.p=2", "model.layers.drop1.p=2: Dropout: 2.0 is not in [0, 1)"),
    ("loss.label_smoothing=7", "loss.label_smoothing=7: CrossEntropy: 7.0 is not in [0, 1]"),
    (
        "model.layers.conv1.out_channels=0",
        "model.layers.conv1.out_channels=0: Conv2d: 0 is not in [1, inf)",
    ),
    ("parallel.workers=0", "parallel.workers=0: Processes: 0 is not in [1, inf); auto chooses a number"),
    ("callbacks.curves.seconds=-1", "callbacks.curves.seconds=-1: Curves: -1.0 is not in [0, inf)"),
    ("data.std=[0]", r"re:data\.std=\[0\]: Digits: \[0\.0\] is not positive; .*"),
    # Missing values and interpolations.
    ("optimizer.lr=???", "optimizer.lr=???: it has no value yet; set it with optimizer.lr=VALUE"),
    ("epochs=${epoch}", "epochs=${epoch}: it refers to 'epoch', which does not exist; name a key that does"),
    (
        "epochs=${foo:1}",
        "epochs=${foo:1}: there is no 'foo:' to take a value from; ${...} holds a key of the configuration, "
        "or oc.env:NAME",
    ),
    (
        "optimizer.lr=${oc.env:NO_SUCH_RATE}",
        "optimizer.lr=${oc.env:NO_SUCH_RATE}: the environment variable NO_SUCH_RATE is not set; set it, or "
        "give another "
        "value: ${oc.env:NO_SUCH_RATE,VALUE}",
    ),
    # Classes.
    (
        "loss._target_=os.system",
        "loss._target_: os.system: only classes of models, datasets, trainer may be named; "
        "trust another package with allow=[os] on the command line",
    ),
    ("optimizer._target_=models.Linear", "optimizer._target_: models.Linear is not an Optimizer"),
    (
        "optimizer._target_=trainer.optimizers.Adm",
        "optimizer._target_=trainer.optimizers.Adm: trainer.optimizers has no class 'Adm'; did you mean 'Adam'?",
    ),
    (
        "optimizer._target_=trainer.optimisers.Adam",
        "optimizer._target_: trainer.optimisers.Adam: no module 'trainer.optimisers'; did you mean 'optimizers'?",
    ),
    (
        "optimizer._target_=trainer.optimizers.Optimizer",
        "optimizer._target_: trainer.optimizers.Optimizer is abstract; name one of its subclasses",
    ),
    ("optimizer._target_=3", "optimizer._target_=3: it names no class; give it the _target_ of an Optimizer"),
    ("allow=[nowhere] loss._target_=nowhere.Loss", "loss._target_: nowhere.Loss: no module 'nowhere'"),
    # What is left out.
    ("~optimizer", "~optimizer: it is missing; set it with optimizer=..."),
    ("~model.layers.drop", "~model.layers.drop: model.layers has no option 'drop'; did you mean 'drop1'?"),
    ("~optimizer=sgd", "~optimizer=sgd: the choice is not 'sgd'; write ~optimizer to leave out any"),
    # Shapes, and a loss that does not fit.
    (
        "data.transforms.resize.size=[20,20]",
        r"re:configs/model/lenet5\.yaml:\d+: model\.layers\.conv3: kernel 5x5 does not fit its input 16x3x3 "
        r"\(from pool2\); reduce kernel_size or add padding",
    ),
    (
        "model.layers.head.out_features=8",
        r"re:configs/model/lenet5\.yaml:\d+: model\.layers\.head: the network gives 8 outputs but the data has 10 "
        r"classes; set out_features of its last layer to auto",
    ),
    ("data.num_classes=8", "data.num_classes=8: Digits: 8 is not 10, the number of digits"),
    (
        "data=random_regression model=shallow_cnn loss=cross_entropy",
        r"re:.*CrossEntropy needs classes, but the data has none; .*",
    ),
    (
        "objective=best_val_acuracy",
        "objective: 'best_val_acuracy' is not an objective; did you mean 'best_val_accuracy'?",
    ),
    (
        "callbacks.early_stopping.monitor=val_los",
        "callbacks.early_stopping.monitor=val_los: EarlyStopping: 'val_los' is not a metric; did you mean 'val_loss'?",
    ),
    (
        "schedule=plateau schedule.monitor=val_los",
        "schedule.monitor=val_los: Plateau: 'val_los' is not a metric; did you mean 'val_loss'?",
    ),
    ("loss.label_smooth=1", "loss.label_smooth=1: loss has no option 'label_smooth'; did you mean 'label_smoothing'?"),
    # How overrides are written.
    ("epochs=1,2", "epochs=1,2: several values need --multirun; one list is written KEY=[1,2]"),
    ("train epochs", "epochs: not an override; write KEY=VALUE, special characters in quotes"),
    ("epochs=[1", "epochs=[1: not an override; write KEY=VALUE, special characters in quotes"),
    ("+epochs=5", "+epochs=5: 'epochs' exists already; leave out the plus sign"),
    ("--epochs 5", r"re:unrecognized arguments: --epochs; options are written KEY=VALUE, .*"),
    ("--multirn epochs=1,2", "there is no option --multirn; did you mean '--multirun'?"),
    ("--cfg jobs", r"re:argument --cfg/-c: invalid choice: 'jobs' .*"),
]

# The content of own/model/mine.yaml, and what comes back.
FILES = [
    (
        "defaults: mlp\n",
        r"own/model/mine\.yaml: defaults: is a list of names and of GROUP: NAME, as in \[mlp, _self_\]",
    ),
    ("defaults: [{mlp: 5}]\n", r"own/model/mine\.yaml: defaults: is a list of names and of GROUP: NAME, .*"),
    ("defaults: [mine]\n", r"own/model/mine\.yaml: defaults: it names itself; leave 'mine' out"),
    ("# @package\nlayers: {}\n", r"own/model/mine\.yaml:1: @package needs a key behind it, such as _global_"),
    ("defaults: [_self_, _self_]\n", r"model/mine\.yaml: defaults: _self_ appears twice; leave one out"),
    (
        "defaults: [{override /optimizer: sgd}, mlp]\n",
        r"model/mine\.yaml: defaults: what overrides comes last; move it",
    ),
    (
        "defaults: [{override /optimizer: sgd}]\n",
        r"model/mine\.yaml: defaults: there is no choice 'optimizer' to override; a file of experiment/ that begins "
        r"with '# @package _global_' overrides /GROUP: NAME",
    ),
    ("layers:\n  a: {_target_: models.Linear\n", r"own/model/mine\.yaml:\d: expected ',' or '}', but got .*"),
    ("layers:\n\ta: 1\n", r"own/model/mine\.yaml:2: found character .* that cannot start any token"),
    (
        "layers:\n  a: {_target_: models.Flatten}\n  a: {_target_: models.Flatten}\n",
        r"own/model/mine\.yaml:3: found duplicate key a",
    ),
    (
        "layers:\n  a: {_target_: models.Linear, out_features: ${data.num_classes}}\n",
        r"own/model/mine\.yaml:2: expected .*; inside braces, \$\{\.\.\.\} and \?\?\? need quotes",
    ),
    (
        'layers:\n  a: {_target_: models.Linear, out_features: "${data.clases}"}\n',
        r"own/model/mine\.yaml:2: model\.layers\.a\.out_features: it refers to 'data\.clases', "
        "which does not exist; name a key that does",
    ),
    (
        'layers:\n  a: {_target_: models.Linear, out_features: "???"}\n',
        r"own/model/mine\.yaml:2: model\.layers\.a\.out_features: it has no value yet; .*",
    ),
    (
        "layers:\n  a: {_target_: models.Linear, out_featurs: 3}\n",
        r"own/model/mine\.yaml:2: model\.layers\.a\.out_featurs: Linear has no option 'out_featurs'; "
        r"did you mean 'out_features'\?",
    ),
    (
        "layers:\n  a: {_target_: models.Linear}\n",
        r"own/model/mine\.yaml:2: model\.layers\.a: Linear needs the option 'out_features'",
    ),
    (
        "layers:\n  a: {_target_: models.Linaer}\n",
        r"own/model/mine\.yaml:2: model\.layers\.a\._target_: models has no class 'Linaer'; did you mean 'Linear'\?",
    ),
    (
        "layers:\n  a: {_target_: models.ReLU}\n  b: {_target_: models.Add, inputs: [a, c]}\n",
        r"own/model/mine\.yaml:3: model\.layers\.b\.inputs: no node 'c' before this one; choose from input, a",
    ),
    (
        "layers:\r\n  flat: {_target_: models.Flatten}\r\n  head:\r\n    _target_: models.Nothing\r\n",
        r"own/model/mine\.yaml:4: model\.layers\.head.*",
    ),
    ("layers: 7\n", r"own/model/mine\.yaml:1: model\.layers: 7 is not a mapping"),
    ("layer: {}\n", r"own/model/mine\.yaml:1: model\.layer: a model has layers and an initializer, nothing else"),
    ("- a\n- b\n", r"model=mine: \['a', 'b'\] is not a mapping"),
    ("defaults: [lenet]\n", r"model/mine\.yaml: no such file configs/model/lenet\.yaml; did you mean 'lenet5'\?"),
]


@pytest.fixture
def line_of(trainer_here, capsys):
    """Does what a command line asks for, in this process; returns the one line that comes back."""

    def call(*arguments):
        code = trainer_here(*arguments)
        output = capsys.readouterr()
        assert output.out == ""
        assert code == 2
        (line,) = output.err.splitlines()
        return line.removeprefix("error: ")

    return call


def assert_line(line, expected):
    if expected.startswith("re:"):
        assert re.fullmatch(expected[3:], line), line
    else:
        assert line == expected


@pytest.mark.parametrize(("arguments", "expected"), OVERRIDES)
def test_mistake_on_the_command_line(arguments, expected, line_of, tmp_path):
    assert_line(line_of(*arguments.split()), expected)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("content", "expected"), FILES)
def test_mistake_in_a_file(content, expected, line_of, tmp_path):
    (tmp_path / "own/model").mkdir(parents=True)
    (tmp_path / "own/model/mine.yaml").write_text(content)
    assert_line(line_of("--config-dir", "own", "model=mine"), f"re:{expected}")
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


@pytest.mark.slow
def test_a_softmax_too_many_can_be_left_out_as_the_line_says(line_of, trainer_here, tmp_path):
    (tmp_path / "own/model").mkdir(parents=True)
    head = '{_target_: models.Linear, out_features: "${data.num_classes}"}'
    layers = ("flat: {_target_: models.Flatten}", f"head: {head}", "end: {_target_: models.Softmax}")
    (tmp_path / "own/model/mine.yaml").write_text("\n  ".join(("layers:", *layers)))
    line = line_of("--config-dir", "own", "model=mine")
    expected = (
        r"own/model/mine\.yaml:4: model\.layers\.end: CrossEntropy applies the softmax itself, but the network ends in "
        r"Softmax; leave the layer out \((~model\.layers\.end)\) or choose another loss"
    )
    remedy = re.fullmatch(expected, line)
    assert remedy, line
    for works in (remedy[1], "loss=half_squared_error"):
        assert trainer_here("--config-dir", "own", "model=mine", "task=summary", works) == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("epochs=0 optimizer.lr=0.1,0.2", "epochs: 0 is not in [1, inf)"),
        ("optimizer=adm,sdg", "optimizer=adm: no such file configs/optimizer/adm.yaml; did you mean 'adam'?"),
        ("model=glob(zzz*)", "model=glob(zzz*): it matches no value; name values that exist"),
        ("seed=range(1,3,0)", "seed=range(1,3,0): its step is 0; write range(START,STOP,STEP) with another one"),
        ("hydra.job.name=a,b", "hydra.job.name=a,b: Hydra's own options have the same value in all jobs; give one"),
        ("--cfg job seed=1,2", "--cfg, --info and --multirun exclude each other; give one of them"),
        ("optimizer.lr=interval(0,1)", r"re:optim.*: it has no steps; list values, .* or search with search=optuna"),
    ],
)
def test_mistake_of_a_whole_sweep(arguments, expected, line_of, tmp_path):
    assert_line(line_of("--multirun", *arguments.split()), expected)
    assert not [*tmp_path.iterdir()]
