//! The works behind the data, the networks and the training of a run: each with what a config must say for it to count.

use counterfoil_autoencoder::{
    Decoder,
    config::{Activation, Conditioning, Mechanism},
};
use counterfoil_tensor::Precision;

use super::{MORPHO_MNIST, works};
use crate::config::{DataKind, Method, Sections};

/// What a config must say, and the works that it then builds on.
type Rule = (fn(&Sections) -> bool, &'static [&'static str]);

/// Every rule, in the order in which works are printed.
pub(super) const RULES: &[Rule] = &[
    // Counterfactuals in three steps: abduction, action, prediction.
    (|_| true, &[CAUSALITY]),
    (|s| s.data.kind == DataKind::Digits, &[MORPHO_MNIST, MNIST, CURVES]),
    (|s| s.data.kind == DataKind::MorphoMnist, &[MORPHO_MNIST, MNIST]),
    (
        |s| matches!(s.data.kind, DataKind::Pendulum | DataKind::PendulumFiles | DataKind::Flow),
        &[works::CAUSAL_VAE],
    ),
    (|s| matches!(s.data.kind, DataKind::Circuit | DataKind::CausalCircuit), &[WEAKLY_SUPERVISED]),
    (
        |s| s.method == Method::Diffae || s.model.conditioning == Conditioning::TwoCondition,
        &[DIFF_AE],
    ),
    (
        |s| s.model.conditioning == Conditioning::None || !s.model.predictor.is_empty(),
        &[works::DIFF_SCM, works::CLASSIFIER],
    ),
    (|s| s.model.decoder == Decoder::Direct, &[VARIATIONAL_AE]),
    (|s| s.model.mechanism == Mechanism::Spline, &[SPLINES]),
    (|s| s.model.mechanism_activation == Activation::Gelu, &[GELU]),
    // Residual blocks are those of ADM whatever decodes; encoders and judges normalise over the batch.
    (|_| true, &[works::CLASSIFIER, GROUP_NORM, BATCH_NORM]),
    (|s| !s.model.decoder.draws_in_one_pass(), &[UNET, ATTENTION]),
    (|_| true, &[ADAM_W]),
    (|s| s.training.clip.is_finite(), &[CLIPPING]),
    (|s| s.training.warmup_steps > 0, &[WARM_UP]),
    (|s| s.training.final_learning_rate != s.training.learning_rate, &[COSINE_RATE]),
    (|s| s.training.ema_decay > 0.0, &[AVERAGING]),
    (|s| s.training.precision == Precision::Bf16, &[BFLOAT16, MIXED_PRECISION]),
    (|s| s.training.checkpoint_activations, &[CHECKPOINTING]),
    (|s| s.objective.cycles > 1, &[CYCLICAL]),
];

/// The works whose rules hold, in order.
pub(super) fn of(sections: &Sections) -> impl Iterator<Item = &'static str> {
    RULES.iter().filter(|(holds, _)| holds(sections)).flat_map(|(_, works)| works.iter().copied())
}

proceedings!(
    WEAKLY_SUPERVISED,
    "brehmer2022weakly",
    "Weakly Supervised Causal Representation Learning",
    "Brehmer, Johann and de Haan, Pim and Lippe, Phillip and Cohen, Taco",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2022",
    "2203.16437"
);
work!(
    MNIST,
    "article",
    "lecun1998mnist",
    "Gradient-Based Learning Applied to Document Recognition",
    "LeCun, Yann and Bottou, L{\\'e}on and Bengio, Yoshua and Haffner, Patrick",
    "1998",
    "journal" = "Proceedings of the IEEE"
);
work!(
    CURVES,
    "inproceedings",
    "yuksel2009catmullrom",
    "On the Parameterization of {Catmull-Rom} Curves",
    "Yuksel, Cem and Schaefer, Scott and Keyser, John",
    "2009",
    "booktitle" = "SIAM/ACM Joint Conference on Geometric and Physical Modeling"
);
proceedings!(
    DIFF_AE,
    "preechakul2022diffae",
    "Diffusion Autoencoders: Toward a Meaningful and Decodable Representation",
    "Preechakul, Konpat and Chatthee, Nattanat and Wizadwongsa, Suttisak and Suwajanakorn, Supasorn",
    "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "2022",
    "2111.15640"
);
proceedings!(
    VARIATIONAL_AE,
    "kingma2014vae",
    "Auto-Encoding Variational {Bayes}",
    "Kingma, Diederik P. and Welling, Max",
    "International Conference on Learning Representations (ICLR)",
    "2014",
    "1312.6114"
);
proceedings!(
    SPLINES,
    "durkan2019splines",
    "Neural Spline Flows",
    "Durkan, Conor and Bekasov, Artur and Murray, Iain and Papamakarios, George",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2019",
    "1906.04032"
);
proceedings!(
    UNET,
    "ronneberger2015unet",
    "{U-Net}: Convolutional Networks for Biomedical Image Segmentation",
    "Ronneberger, Olaf and Fischer, Philipp and Brox, Thomas",
    "Medical Image Computing and Computer-Assisted Intervention (MICCAI)",
    "2015",
    "1505.04597"
);
proceedings!(
    GROUP_NORM,
    "wu2018groupnorm",
    "Group Normalization",
    "Wu, Yuxin and He, Kaiming",
    "European Conference on Computer Vision (ECCV)",
    "2018",
    "1803.08494"
);
proceedings!(
    BATCH_NORM,
    "ioffe2015batchnorm",
    "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
    "Ioffe, Sergey and Szegedy, Christian",
    "International Conference on Machine Learning (ICML)",
    "2015",
    "1502.03167"
);
proceedings!(
    ATTENTION,
    "vaswani2017attention",
    "Attention Is All You Need",
    "Vaswani, Ashish and Shazeer, Noam and Parmar, Niki and Uszkoreit, Jakob and Jones, Llion and Gomez, Aidan N. and Kaiser, {\\L}ukasz and Polosukhin, Illia",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2017",
    "1706.03762"
);
proceedings!(
    ADAM_W,
    "loshchilov2019adamw",
    "Decoupled Weight Decay Regularization",
    "Loshchilov, Ilya and Hutter, Frank",
    "International Conference on Learning Representations (ICLR)",
    "2019",
    "1711.05101"
);
proceedings!(
    CLIPPING,
    "pascanu2013difficulty",
    "On the Difficulty of Training Recurrent Neural Networks",
    "Pascanu, Razvan and Mikolov, Tomas and Bengio, Yoshua",
    "International Conference on Machine Learning (ICML)",
    "2013",
    "1211.5063"
);
proceedings!(
    COSINE_RATE,
    "loshchilov2017sgdr",
    "{SGDR}: Stochastic Gradient Descent with Warm Restarts",
    "Loshchilov, Ilya and Hutter, Frank",
    "International Conference on Learning Representations (ICLR)",
    "2017",
    "1608.03983"
);
preprint!(
    WARM_UP,
    "goyal2017minibatch",
    "Accurate, Large Minibatch {SGD}: Training {ImageNet} in 1 Hour",
    "Goyal, Priya and Doll{\\'a}r, Piotr and Girshick, Ross and Noordhuis, Pieter and Wesolowski, Lukasz and Kyrola, Aapo and Tulloch, Andrew and Jia, Yangqing and He, Kaiming",
    "2017",
    "1706.02677"
);
work!(
    AVERAGING,
    "article",
    "polyak1992averaging",
    "Acceleration of Stochastic Approximation by Averaging",
    "Polyak, Boris T. and Juditsky, Anatoli B.",
    "1992",
    "journal" = "SIAM Journal on Control and Optimization"
);
preprint!(
    BFLOAT16,
    "kalamkar2019bfloat16",
    "A Study of {BFLOAT16} for Deep Learning Training",
    "Kalamkar, Dhiraj and others",
    "2019",
    "1905.12322"
);
proceedings!(
    MIXED_PRECISION,
    "micikevicius2018mixed",
    "Mixed Precision Training",
    "Micikevicius, Paulius and Narang, Sharan and Alben, Jonah and Diamos, Gregory and Elsen, Erich and Garcia, David and Ginsburg, Boris and Houston, Michael and Kuchaiev, Oleksii and Venkatesh, Ganesh and Wu, Hao",
    "International Conference on Learning Representations (ICLR)",
    "2018",
    "1710.03740"
);
preprint!(
    CHECKPOINTING,
    "chen2016sublinear",
    "Training Deep Nets with Sublinear Memory Cost",
    "Chen, Tianqi and Xu, Bing and Zhang, Chiyuan and Guestrin, Carlos",
    "2016",
    "1604.06174"
);
proceedings!(
    CYCLICAL,
    "fu2019cyclical",
    "Cyclical Annealing Schedule: A Simple Approach to Mitigating {KL} Vanishing",
    "Fu, Hao and Li, Chunyuan and Liu, Xiaodong and Gao, Jianfeng and Celikyilmaz, Asli and Carin, Lawrence",
    "Conference of the North American Chapter of the Association for Computational Linguistics (NAACL)",
    "2019",
    "1903.10145"
);
work!(
    CAUSALITY,
    "book",
    "pearl2009causality",
    "Causality: Models, Reasoning, and Inference",
    "Pearl, Judea",
    "2009",
    "publisher" = "Cambridge University Press",
    "edition" = "Second"
);
work!(
    GELU,
    "article",
    "hendrycks2016gelu",
    "{Gaussian} Error Linear Units ({GELUs})",
    "Hendrycks, Dan and Gimpel, Kevin",
    "2016",
    "journal" = "arXiv preprint arXiv:1606.08415"
);
