//! Works on diffusion and on other decoders, as BibTeX entries.

proceedings!(
    DDPM,
    "ho2020ddpm",
    "Denoising Diffusion Probabilistic Models",
    "Ho, Jonathan and Jain, Ajay and Abbeel, Pieter",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2020",
    "2006.11239"
);
proceedings!(
    COSINE,
    "nichol2021improved",
    "Improved Denoising Diffusion Probabilistic Models",
    "Nichol, Alexander Quinn and Dhariwal, Prafulla",
    "International Conference on Machine Learning (ICML)",
    "2021",
    "2102.09672"
);
proceedings!(
    DDIM,
    "song2021ddim",
    "Denoising Diffusion Implicit Models",
    "Song, Jiaming and Meng, Chenlin and Ermon, Stefano",
    "International Conference on Learning Representations (ICLR)",
    "2021",
    "2010.02502"
);
proceedings!(
    DPM_SOLVER,
    "lu2022dpmsolver",
    "{DPM-Solver}: A Fast {ODE} Solver for Diffusion Probabilistic Model Sampling in Around 10 Steps",
    "Lu, Cheng and Zhou, Yuhao and Bao, Fan and Chen, Jianfei and Li, Chongxuan and Zhu, Jun",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2022",
    "2206.00927"
);
preprint!(
    DPM_SOLVER_PP,
    "lu2022dpmsolverpp",
    "{DPM-Solver++}: Fast Solver for Guided Sampling of Diffusion Probabilistic Models",
    "Lu, Cheng and Zhou, Yuhao and Bao, Fan and Chen, Jianfei and Li, Chongxuan and Zhu, Jun",
    "2022",
    "2211.01095"
);
proceedings!(
    UNIPC,
    "zhao2023unipc",
    "{UniPC}: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models",
    "Zhao, Wenliang and Bai, Lujia and Rao, Yongming and Zhou, Jie and Lu, Jiwen",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2023",
    "2302.04867"
);
proceedings!(
    DEIS,
    "zhang2023deis",
    "Fast Sampling of Diffusion Models with Exponential Integrator",
    "Zhang, Qinsheng and Chen, Yongxin",
    "International Conference on Learning Representations (ICLR)",
    "2023",
    "2204.13902"
);
proceedings!(
    PNDM,
    "liu2022pndm",
    "Pseudo Numerical Methods for Diffusion Models on Manifolds",
    "Liu, Luping and Ren, Yi and Lin, Zhijie and Zhao, Zhou",
    "International Conference on Learning Representations (ICLR)",
    "2022",
    "2202.09778"
);
proceedings!(
    EDM,
    "karras2022edm",
    "Elucidating the Design Space of Diffusion-Based Generative Models",
    "Karras, Tero and Aittala, Miika and Aila, Timo and Laine, Samuli",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2022",
    "2206.00364"
);
preprint!(
    LCM,
    "luo2023lcm",
    "Latent Consistency Models: Synthesizing High-Resolution Images with Few-Step Inference",
    "Luo, Simian and Tan, Yiqin and Huang, Longbo and Li, Jian and Zhao, Hang",
    "2023",
    "2310.04378"
);
proceedings!(
    VELOCITY,
    "salimans2022progressive",
    "Progressive Distillation for Fast Sampling of Diffusion Models",
    "Salimans, Tim and Ho, Jonathan",
    "International Conference on Learning Representations (ICLR)",
    "2022",
    "2202.00512"
);
proceedings!(
    FLOW_MATCHING,
    "lipman2023flow",
    "Flow Matching for Generative Modeling",
    "Lipman, Yaron and Chen, Ricky T. Q. and Ben-Hamu, Heli and Nickel, Maximilian and Le, Matt",
    "International Conference on Learning Representations (ICLR)",
    "2023",
    "2210.02747"
);
proceedings!(
    RECTIFIED_FLOW,
    "liu2023rectified",
    "Flow Straight and Fast: Learning to Generate and Transfer Data with Rectified Flow",
    "Liu, Xingchao and Gong, Chengyue and Liu, Qiang",
    "International Conference on Learning Representations (ICLR)",
    "2023",
    "2209.03003"
);
proceedings!(
    BELM,
    "wang2024belm",
    "{BELM}: Bidirectional Explicit Linear Multi-step Sampler for Exact Inversion in Diffusion Models",
    "Wang, Fangyikang and Yin, Hubery and Dong, Yuejiang and Zhu, Huminhao and Zhang, Chao and Zhao, Hanbin and Qian, Hui and Li, Chen",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2024",
    "2410.07273"
);
proceedings!(
    BDIA,
    "zhang2024bdia",
    "Exact Diffusion Inversion via Bi-directional Integration Approximation",
    "Zhang, Guoqiang and Lewis, J. P. and Kleijn, W. Bastiaan",
    "European Conference on Computer Vision (ECCV)",
    "2024",
    "2307.10829"
);
proceedings!(
    EDICT,
    "wallace2023edict",
    "{EDICT}: Exact Diffusion Inversion via Coupled Transformations",
    "Wallace, Bram and Gokul, Akash and Naik, Nikhil",
    "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "2023",
    "2211.12446"
);
proceedings!(
    AIDI,
    "pan2023aidi",
    "Effective Real Image Editing with Accelerated Iterative Diffusion Inversion",
    "Pan, Zhihong and Gherardi, Riccardo and Xie, Xiufeng and Huang, Stephen",
    "IEEE/CVF International Conference on Computer Vision (ICCV)",
    "2023",
    "2309.04907"
);
proceedings!(
    EDIT_FRIENDLY,
    "huberman2024edit",
    "An Edit Friendly {DDPM} Noise Space: Inversion and Manipulations",
    "Huberman-Spiegelglas, Inbar and Kulikov, Vladimir and Michaeli, Tomer",
    "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "2024",
    "2304.06140"
);
preprint!(
    REVERSIBLE,
    "mccallum2024reversible",
    "Efficient, Accurate and Stable Gradients for Neural {ODEs}",
    "McCallum, Sam and Foster, James",
    "2024",
    "2410.11648"
);
preprint!(
    REX,
    "blasingame2025rex",
    "{Rex}: A Family of Reversible Exponential (Stochastic) {Runge-Kutta} Solvers",
    "Blasingame, Zander W. and Liu, Chen",
    "2025",
    "2502.08834"
);
proceedings!(
    LATENT_DIFFUSION,
    "rombach2022latent",
    "High-Resolution Image Synthesis with Latent Diffusion Models",
    "Rombach, Robin and Blattmann, Andreas and Lorenz, Dominik and Esser, Patrick and Ommer, Bj{\\\"o}rn",
    "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "2022",
    "2112.10752"
);
proceedings!(
    DIFFUSION_LM,
    "li2022diffusionlm",
    "{Diffusion-LM} Improves Controllable Text Generation",
    "Li, Xiang Lisa and Thickstun, John and Gulrajani, Ishaan and Liang, Percy and Hashimoto, Tatsunori B.",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2022",
    "2205.14217"
);
proceedings!(
    GEODIFF,
    "xu2022geodiff",
    "{GeoDiff}: A Geometric Diffusion Model for Molecular Conformation Generation",
    "Xu, Minkai and Yu, Lantao and Song, Yang and Shi, Chence and Ermon, Stefano and Tang, Jian",
    "International Conference on Learning Representations (ICLR)",
    "2022",
    "2203.02923"
);
proceedings!(
    SIGMOID,
    "jabri2023scalable",
    "Scalable Adaptive Computation for Iterative Generation",
    "Jabri, Allan and Fleet, David J. and Chen, Ting",
    "International Conference on Machine Learning (ICML)",
    "2023",
    "2212.11972"
);
preprint!(
    LAPLACE,
    "hang2024laplace",
    "Improved Noise Schedule for Diffusion Training",
    "Hang, Tiankai and Gu, Shuyang and Geng, Xin and Guo, Baining",
    "2024",
    "2407.03297"
);
proceedings!(
    FLAWED,
    "lin2024flawed",
    "Common Diffusion Noise Schedules and Sample Steps are Flawed",
    "Lin, Shanchuan and Liu, Bingchen and Li, Jiashi and Yang, Xiao",
    "IEEE/CVF Winter Conference on Applications of Computer Vision (WACV)",
    "2024",
    "2305.08891"
);
preprint!(
    BETA_SAMPLING,
    "lee2024beta",
    "Beta Sampling is All You Need: Efficient Image Generation Strategy for Diffusion Models using Stepwise Spectral Analysis",
    "Lee, Haeil and Lee, Hansang and Gye, Seoyeon and Kim, Junmo",
    "2024",
    "2407.12173"
);
proceedings!(
    MIN_SNR,
    "hang2023minsnr",
    "Efficient Diffusion Training via {Min-SNR} Weighting Strategy",
    "Hang, Tiankai and Gu, Shuyang and Li, Chen and Bao, Jianmin and Chen, Dong and Hu, Han and Geng, Xin and Guo, Baining",
    "IEEE/CVF International Conference on Computer Vision (ICCV)",
    "2023",
    "2303.09556"
);
proceedings!(
    P2,
    "choi2022p2",
    "Perception Prioritized Training of Diffusion Models",
    "Choi, Jooyoung and Lee, Jungbeom and Shin, Chaehun and Kim, Sungwon and Kim, Hyunwoo and Yoon, Sungroh",
    "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "2022",
    "2204.00227"
);
proceedings!(
    VARIATIONAL,
    "kingma2021vdm",
    "Variational Diffusion Models",
    "Kingma, Diederik P. and Salimans, Tim and Poole, Ben and Ho, Jonathan",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2021",
    "2107.00630"
);
preprint!(
    GUIDANCE,
    "ho2022guidance",
    "Classifier-Free Diffusion Guidance",
    "Ho, Jonathan and Salimans, Tim",
    "2022",
    "2207.12598"
);
proceedings!(
    INTERVAL,
    "kynkaanniemi2024interval",
    "Applying Guidance in a Limited Interval Improves Sample and Distribution Quality in Diffusion Models",
    "Kynk{\\\"a}{\\\"a}nniemi, Tuomas and Aittala, Miika and Karras, Tero and Laine, Samuli and Aila, Timo and Lehtinen, Jaakko",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2024",
    "2404.07724"
);
proceedings!(
    PROJECTED,
    "sadat2025projected",
    "Eliminating Oversaturation and Artifacts of High Guidance Scales in Diffusion Models",
    "Sadat, Seyedmorteza and Hilliges, Otmar and Weber, Romann M.",
    "International Conference on Learning Representations (ICLR)",
    "2025",
    "2410.02416"
);
preprint!(
    DECOUPLED,
    "xia2025decoupled",
    "Decoupled Classifier-Free Guidance for Counterfactual Diffusion Models",
    "Xia, Tian and De Sousa Ribeiro, Fabio and Rasal, Rajat R. and Kori, Avinash and Mehta, Raghav and Glocker, Ben",
    "2025",
    "2506.14399"
);
proceedings!(
    CLASSIFIER,
    "dhariwal2021beat",
    "Diffusion Models Beat {GANs} on Image Synthesis",
    "Dhariwal, Prafulla and Nichol, Alexander Quinn",
    "Advances in Neural Information Processing Systems (NeurIPS)",
    "2021",
    "2105.05233"
);
proceedings!(
    DIFF_SCM,
    "sanchez2022diffscm",
    "Diffusion Causal Models for Counterfactual Estimation",
    "Sanchez, Pedro and Tsaftaris, Sotirios A.",
    "Conference on Causal Learning and Reasoning (CLeaR)",
    "2022",
    "2202.10166"
);

/// The implementation that the linear multistep method is known by.
pub(super) const K_DIFFUSION: &str = "@misc{crowson2022kdiffusion,
  title  = {{k-diffusion}},
  author = {Crowson, Katherine},
  year   = {2022},
  note   = {https://github.com/crowsonkb/k-diffusion}
}";
proceedings!(
    CAUSAL_VAE,
    "yang2021causalvae",
    "{CausalVAE}: Disentangled Representation Learning via Neural Structural Causal Models",
    "Yang, Mengyue and Liu, Furui and Chen, Zhitang and Shen, Xinwei and Hao, Jianye and Wang, Jun",
    "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "2021",
    "2004.08697"
);
preprint!(
    CORRECTIVE,
    "mardani2023corrdiff",
    "Residual Corrective Diffusion Modeling for Km-scale Atmospheric Downscaling",
    "Mardani, Morteza and Brenowitz, Noah and Cohen, Yair and Pathak, Jaideep and Chen, Chieh-Yu and Liu, Cheng-Chin and Vahdat, Arash and Nabian, Mohammad Amin and Ge, Tao and Subramaniam, Akshay and Kashinath, Karthik and Kautz, Jan and Pritchard, Mike",
    "2023",
    "2309.15214"
);
proceedings!(
    HIERARCHICAL,
    "ribeiro2023highfidelity",
    "High Fidelity Image Counterfactuals with Probabilistic Causal Models",
    "De Sousa Ribeiro, Fabio and Xia, Tian and Monteiro, Miguel and Pawlowski, Nick and Glocker, Ben",
    "International Conference on Machine Learning (ICML)",
    "2023",
    "2306.15764"
);
proceedings!(
    VERY_DEEP,
    "child2021vdvae",
    "Very Deep {VAEs} Generalize Autoregressive Models and Can Outperform Them on Images",
    "Child, Rewon",
    "International Conference on Learning Representations (ICLR)",
    "2021",
    "2011.10650"
);
