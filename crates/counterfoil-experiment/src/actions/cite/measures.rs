//! The works behind the figures of a run: each with the place in `summary.json` where a figure must stand for it to count.

use serde_json::Value;

use super::{MORPHO_MNIST, STRUCTURAL_MODEL, works};

/// Where a figure stands in a summary, as a JSON pointer, and the works that it follows.
type Measure = (&'static str, &'static [&'static str]);

/// Every figure that follows a published one, in the order in which works are printed.
pub(super) const MEASURES: &[Measure] = &[
    ("/effectiveness", &[AXIOMS]),
    ("/drift", &[AXIOMS]),
    ("/composition_1", &[AXIOMS]),
    ("/composition_10", &[AXIOMS]),
    ("/reversibility_1", &[AXIOMS]),
    ("/reversibility_10", &[AXIOMS]),
    ("/reversibility", &[AXIOMS]),
    ("/null_intervention", &[AXIOMS]),
    ("/abduction_slope", &[STRUCTURAL_MODEL, MORPHO_MNIST]),
    ("/following", &[RELIABILITY, CALIBRATED]),
    ("/minimality", &[works::DIFF_SCM, BENCHMARK]),
    ("/image_error/ssim", &[SIMILARITY]),
    ("/resemblance", &[TWO_TIME_SCALES, FRECHET]),
    ("/disentanglement/disentanglement", &[DCI, BOOSTING]),
    ("/disentanglement/completeness", &[DCI, BOOSTING]),
    ("/disentanglement/mcc", &[CONTRASTIVE, IDENTIFIABLE]),
    ("/disentanglement/mcc_by_block", &[IDENTIFIABLE, CONTENT]),
    ("/disentanglement/sap", &[SAP]),
    ("/disentanglement/mig", &[MIG, CHALLENGING]),
    ("/disentanglement/irs", &[IRS]),
    ("/disentanglement/mic", &[MIC, EQUITABLE]),
    ("/disentanglement/mic_other", &[MIC, EQUITABLE]),
    ("/disentanglement/tic", &[EQUITABLE]),
    ("/disentanglement/tic_other", &[EQUITABLE]),
    ("/leakage", &[MUTUAL, PROBES]),
    ("/uncertainty", &[TOLERANCE, SHARPNESS]),
    ("/interaction", &[FACTORIAL, REGULARITIES]),
    ("/identification", &[IDENTIFICATION]),
    ("/intervals", &[BOOTSTRAP, PERCENTILES]),
];

/// The works behind what a summary holds, in order. A figure that could not be measured is absent, nothing or an empty table.
pub(super) fn of(summary: &Value) -> impl Iterator<Item = &'static str> {
    let measured = |pointer: &str| match summary.pointer(pointer) {
        None | Some(Value::Null) => false,
        Some(Value::Object(entries)) => !entries.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    };
    MEASURES
        .iter()
        .filter(move |(pointer, _)| measured(pointer))
        .flat_map(|(_, works)| works.iter().copied())
}

proceedings!(
    AXIOMS,
    "monteiro2023axioms",
    "Measuring Axiomatic Soundness of Counterfactual Image Models",
    "Monteiro, Miguel and De Sousa Ribeiro, Fabio and Pawlowski, Nick and Castro, Daniel C. and Glocker, Ben",
    "International Conference on Learning Representations (ICLR)",
    "2023",
    "2303.01274"
);
proceedings!(
    BENCHMARK,
    "melistas2024benchmarking",
    "Benchmarking Counterfactual Image Generation",
    "Melistas, Thomas and Spyrou, Nikos and Gkouti, Nefeli and Sanchez, Pedro and Vlontzos, Athanasios and Panagakis, Yannis and Papanastasiou, Giorgos and Tsaftaris, Sotirios A.",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2024",
    "2403.20287"
);
work!(
    DCI,
    "inproceedings",
    "eastwood2018dci",
    "A Framework for the Quantitative Evaluation of Disentangled Representations",
    "Eastwood, Cian and Williams, Christopher K. I.",
    "2018",
    "booktitle" = "International Conference on Learning Representations (ICLR)"
);
work!(
    BOOSTING,
    "article",
    "friedman2001boosting",
    "Greedy Function Approximation: A Gradient Boosting Machine",
    "Friedman, Jerome H.",
    "2001",
    "journal" = "Annals of Statistics"
);
proceedings!(
    CONTRASTIVE,
    "hyvarinen2016tcl",
    "Unsupervised Feature Extraction by Time-Contrastive Learning and Nonlinear {ICA}",
    "Hyv{\\\"a}rinen, Aapo and Morioka, Hiroshi",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2016",
    "1605.06336"
);
proceedings!(
    IDENTIFIABLE,
    "khemakhem2020ivae",
    "Variational Autoencoders and Nonlinear {ICA}: A Unifying Framework",
    "Khemakhem, Ilyes and Kingma, Diederik P. and Monti, Ricardo Pio and Hyv{\\\"a}rinen, Aapo",
    "International Conference on Artificial Intelligence and Statistics (AISTATS)",
    "2020",
    "1907.04809"
);
proceedings!(
    SAP,
    "kumar2018sap",
    "Variational Inference of Disentangled Latent Concepts from Unlabeled Observations",
    "Kumar, Abhishek and Sattigeri, Prasanna and Balakrishnan, Avinash",
    "International Conference on Learning Representations (ICLR)",
    "2018",
    "1711.00848"
);
proceedings!(
    MIG,
    "chen2018mig",
    "Isolating Sources of Disentanglement in Variational Autoencoders",
    "Chen, Ricky T. Q. and Li, Xuechen and Grosse, Roger and Duvenaud, David",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2018",
    "1802.04942"
);
proceedings!(
    CHALLENGING,
    "locatello2019challenging",
    "Challenging Common Assumptions in the Unsupervised Learning of Disentangled Representations",
    "Locatello, Francesco and Bauer, Stefan and Lucic, Mario and R{\\\"a}tsch, Gunnar and Gelly, Sylvain and Sch{\\\"o}lkopf, Bernhard and Bachem, Olivier",
    "International Conference on Machine Learning (ICML)",
    "2019",
    "1811.12359"
);
proceedings!(
    IRS,
    "suter2019irs",
    "Robustly Disentangled Causal Mechanisms: Validating Deep Representations for Interventional Robustness",
    "Suter, Raphael and Miladinovi{\\'c}, {\\DJ}or{\\dj}e and Sch{\\\"o}lkopf, Bernhard and Bauer, Stefan",
    "International Conference on Machine Learning (ICML)",
    "2019",
    "1811.00007"
);
work!(
    MIC,
    "article",
    "reshef2011mic",
    "Detecting Novel Associations in Large Data Sets",
    "Reshef, David N. and Reshef, Yakir A. and Finucane, Hilary K. and Grossman, Sharon R. and McVean, Gilean and Turnbaugh, Peter J. and Lander, Eric S. and Mitzenmacher, Michael and Sabeti, Pardis C.",
    "2011",
    "journal" = "Science"
);
work!(
    EQUITABLE,
    "article",
    "reshef2016equitably",
    "Measuring Dependence Powerfully and Equitably",
    "Reshef, Yakir A. and Reshef, David N. and Finucane, Hilary K. and Sabeti, Pardis C. and Mitzenmacher, Michael",
    "2016",
    "journal" = "Journal of Machine Learning Research"
);
work!(
    SIMILARITY,
    "article",
    "wang2004ssim",
    "Image Quality Assessment: From Error Visibility to Structural Similarity",
    "Wang, Zhou and Bovik, Alan C. and Sheikh, Hamid R. and Simoncelli, Eero P.",
    "2004",
    "journal" = "IEEE Transactions on Image Processing"
);
work!(
    MUTUAL,
    "article",
    "kraskov2004mutual",
    "Estimating Mutual Information",
    "Kraskov, Alexander and St{\\\"o}gbauer, Harald and Grassberger, Peter",
    "2004",
    "journal" = "Physical Review E"
);
preprint!(
    PROBES,
    "alain2016probes",
    "Understanding Intermediate Layers Using Linear Classifier Probes",
    "Alain, Guillaume and Bengio, Yoshua",
    "2016",
    "1610.01644"
);
work!(
    TOLERANCE,
    "article",
    "wilks1941tolerance",
    "Determination of Sample Sizes for Setting Tolerance Limits",
    "Wilks, Samuel S.",
    "1941",
    "journal" = "Annals of Mathematical Statistics"
);
work!(
    SHARPNESS,
    "article",
    "gneiting2007sharpness",
    "Probabilistic Forecasts, Calibration and Sharpness",
    "Gneiting, Tilmann and Balabdaoui, Fadoua and Raftery, Adrian E.",
    "2007",
    "journal" = "Journal of the Royal Statistical Society: Series B"
);
work!(
    FACTORIAL,
    "book",
    "fisher1935design",
    "The Design of Experiments",
    "Fisher, Ronald A.",
    "1935",
    "publisher" = "Oliver and Boyd"
);
work!(
    REGULARITIES,
    "inproceedings",
    "mikolov2013regularities",
    "Linguistic Regularities in Continuous Space Word Representations",
    "Mikolov, Tomas and Yih, Wen-tau and Zweig, Geoffrey",
    "2013",
    "booktitle" = "Conference of the North American Chapter of the Association for Computational Linguistics (NAACL)"
);
work!(
    IDENTIFICATION,
    "inproceedings",
    "shpitser2006joint",
    "Identification of Joint Interventional Distributions in Recursive Semi-{Markovian} Causal Models",
    "Shpitser, Ilya and Pearl, Judea",
    "2006",
    "booktitle" = "AAAI Conference on Artificial Intelligence"
);
work!(
    BOOTSTRAP,
    "article",
    "efron1979bootstrap",
    "Bootstrap Methods: Another Look at the Jackknife",
    "Efron, Bradley",
    "1979",
    "journal" = "Annals of Statistics"
);
work!(
    PERCENTILES,
    "book",
    "efron1993bootstrap",
    "An Introduction to the Bootstrap",
    "Efron, Bradley and Tibshirani, Robert J.",
    "1993",
    "publisher" = "Chapman and Hall"
);
proceedings!(
    CONTENT,
    "vonkugelgen2021content",
    "Self-Supervised Learning with Data Augmentations Provably Isolates Content from Style",
    "von K{\\\"u}gelgen, Julius and Sharma, Yash and Gresele, Luigi and Brendel, Wieland and Sch{\\\"o}lkopf, Bernhard and Besserve, Michel and Locatello, Francesco",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2021",
    "2106.04619"
);
work!(
    RELIABILITY,
    "inproceedings",
    "naeini2015calibrated",
    "Obtaining Well Calibrated Probabilities Using {Bayesian} Binning",
    "Naeini, Mahdi Pakdaman and Cooper, Gregory F. and Hauskrecht, Milos",
    "2015",
    "booktitle" = "AAAI Conference on Artificial Intelligence"
);
proceedings!(
    CALIBRATED,
    "kuleshov2018calibrated",
    "Accurate Uncertainties for Deep Learning Using Calibrated Regression",
    "Kuleshov, Volodymyr and Fenner, Nathan and Ermon, Stefano",
    "International Conference on Machine Learning (ICML)",
    "2018",
    "1807.00263"
);
proceedings!(
    TWO_TIME_SCALES,
    "heusel2017gans",
    "{GANs} Trained by a Two Time-Scale Update Rule Converge to a Local {Nash} Equilibrium",
    "Heusel, Martin and Ramsauer, Hubert and Unterthiner, Thomas and Nessler, Bernhard and Hochreiter, Sepp",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2017",
    "1706.08500"
);
work!(
    FRECHET,
    "article",
    "dowson1982frechet",
    "The {Fr{\\'e}chet} Distance Between Multivariate Normal Distributions",
    "Dowson, D. C. and Landau, B. V.",
    "1982",
    "journal" = "Journal of Multivariate Analysis"
);
