//! The network as a whole: a function of weights, images, times and latents.

use crate::network::one_pass::OnePass;
use crate::network::unet::Condition;
use crate::network::{
    Corrective, Direct, Encoder, Gaussian, Hierarchical, LabelPrior, Mechanisms, Predictor, Reader,
    ResidualCode, Unet,
};
use crate::{
    Architecture, Block, Code, Decoder, KnownCodes, ModelError, Prior, error::expect_shape,
};
use counterfoil_tensor::{
    Init, Layout, LayoutBuilder, Mode, Parameter, ParameterStore, Precision, Recomputation, Weights,
};
use std::sync::Arc;
use tch::{Device, Kind, Tensor};

/// Encoder, mechanisms and decoder of one architecture. It holds no numbers: those are a [`ParameterStore`], of which a
/// run has two, the trained one and its average.
#[derive(Debug)]
pub struct Model {
    architecture: Architecture,
    encoder: Option<Encoder>,
    reader: Option<Reader>,
    residual_code: Option<ResidualCode>,
    mechanisms: Mechanisms,
    drawing: Drawing,
    /// The null blocks side by side, where they are learned.
    null: Option<Parameter>,
    /// The prior of labelled blocks, where it is learned.
    prior: Option<LabelPrior>,
    predictor: Option<Predictor>,
    layout: Arc<Layout>,
}

/// The network behind [`Decoder`].
#[derive(Debug)]
enum Drawing {
    Diffusion(Unet),
    Corrective(Corrective),
    Direct(Direct),
    Hierarchical(Hierarchical),
}

/// What the encoder says of images, `[n, d]` each.
#[derive(Debug)]
pub struct Encoded {
    /// Exogenous code.
    pub u: Tensor,
    /// Causal latents, the image of `u` under the mechanisms.
    pub z: Tensor,
    /// Variance of the encoder's Gaussian, around `u` or around `z` as [`Code`] says.
    pub variance: Tensor,
}

impl Model {
    /// The beginning of the names of the mechanisms' parameters.
    pub const MECHANISMS: &'static str = "mechanisms.";
    /// The same of the predictor's.
    pub const PREDICTOR: &'static str = "predictor.";

    /// Builds the network of an architecture.
    pub fn new(architecture: &Architecture) -> Self {
        let mut builder = LayoutBuilder::new();
        let mut root = builder.root();
        let reads = !architecture.reader.is_empty();
        let unlabelled: i64 = architecture.blocks.unlabelled().map(|b| b.width).sum();
        let code = if reads { unlabelled } else { architecture.blocks.width() };
        // With a reader and no unlabelled block nothing is left to encode.
        let encoder = (code > 0).then(|| Encoder::new(root.sub("encoder"), architecture, code));
        let reader =
            reads.then(|| Reader::new(root.sub("reader"), architecture, &architecture.reader));
        let residual_code = architecture
            .residual_code
            .then(|| ResidualCode::new(root.sub("residual_code"), architecture));
        let mechanisms = Mechanisms::new(root.sub("mechanisms"), architecture);
        let drawing = match architecture.decoder {
            Decoder::Diffusion => Drawing::Diffusion(Unet::new(root.sub("unet"), architecture)),
            Decoder::Corrective => {
                Drawing::Corrective(Corrective::new(root.sub("corrective"), architecture))
            }
            Decoder::Direct => Drawing::Direct(Direct::new(root.sub("decoder"), architecture)),
            Decoder::Hierarchical => {
                Drawing::Hierarchical(Hierarchical::new(root.sub("decoder"), architecture))
            }
        };
        let null = architecture.null_blocks.then(|| {
            let width = architecture.blocks.width();
            builder.root().parameter("null_blocks", &[width], Init::Normal(1.0))
        });
        let prior = (architecture.label_prior == Prior::Learned)
            .then(|| LabelPrior::new(builder.root().sub("label_prior"), architecture));
        let channels = &architecture.predictor;
        let predictor = (!channels.is_empty())
            .then(|| Predictor::new(builder.root().sub("predictor"), architecture, channels));
        let layout = builder.finish();
        let architecture = architecture.clone();
        Self {
            architecture,
            encoder,
            reader,
            residual_code,
            mechanisms,
            drawing,
            null,
            prior,
            predictor,
            layout,
        }
    }

    /// What it was built from.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Names and shapes of its tensors.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The beginnings of the names of parameters that share no term of the objective with any others: a predictor, and with
    /// a causal code the mechanisms, which are fitted to latents that they do not shape.
    pub fn trained_apart(&self) -> Vec<&'static str> {
        let mechanisms = (self.architecture.code == Code::Causal).then_some(Self::MECHANISMS);
        let predictor = self.predictor.is_some().then_some(Self::PREDICTOR);
        mechanisms.into_iter().chain(predictor).collect()
    }

    /// The predictor of labels from noisy images, where there is one.
    pub fn predictor(&self) -> Option<&Predictor> {
        self.predictor.as_ref()
    }

    /// The mechanisms between exogenous code and causal latents.
    pub fn mechanisms(&self) -> &Mechanisms {
        &self.mechanisms
    }

    /// What the decoder sees in place of latents `[n, d]` that are dropped, `[n, d]`.
    pub fn null(&self, weights: &Weights, latents: &Tensor) -> Tensor {
        match self.null {
            None => latents.zeros_like(),
            Some(null) => weights.compute(null).to_kind(latents.kind()).expand_as(latents),
        }
    }

    /// How far labelled latents are from what their codes say, both `[n, labelled width]`: `-ln p(z | y)` of each dimension
    /// up to a constant.
    pub fn label_surprise(&self, weights: &Weights, latents: &Tensor, codes: &Tensor) -> Tensor {
        match &self.prior {
            None => (latents - codes).square() * 0.5,
            Some(prior) => prior.surprise(weights, latents, codes),
        }
    }

    /// Fresh parameters, a function of `seed` alone.
    pub fn initialise(&self, seed: u64, device: Device) -> ParameterStore {
        ParameterStore::initialise(&self.layout, seed, device)
    }

    /// Encodes images `[n, c, h, w]` in `[-1, 1]`: abduction of the exogenous code.
    ///
    /// # Errors
    /// When the images have another shape than the architecture's.
    pub fn encode(&self, weights: &Weights, images: &Tensor) -> Result<Encoded, ModelError> {
        self.encode_labelled(weights, images, images, None)
    }

    /// Like [`Model::encode`] in training, where labels are known: their `codes` stand in for the labels read off the
    /// image when unlabelled blocks are made residuals. The label reader, where
    /// there is one, sees `shown`: the images or variants with the same labels.
    ///
    /// # Errors
    /// As [`Model::encode`].
    pub fn encode_labelled(
        &self,
        weights: &Weights,
        images: &Tensor,
        shown: &Tensor,
        codes: Option<&KnownCodes>,
    ) -> Result<Encoded, ModelError> {
        let [c, h, w] = self.architecture.image;
        expect_shape("the image batch", &images.size(), &[-1, c, h, w])?;
        let encoded = self.encoder.as_ref().map(|encoder| encoder.forward(weights, images));
        let read = self.reader.as_ref().map(|reader| reader.forward(weights, shown));
        let (mean, variance) = match (encoded, read) {
            (Some(Gaussian { mean, variance }), None) => (mean, variance),
            (Some(Gaussian { mean, variance }), Some(read)) => {
                (self.assemble(&read, &mean), self.assemble(&read.ones_like(), &variance))
            }
            (None, Some(read)) => {
                let variance = read.ones_like();
                (read, variance)
            }
            (None, None) => {
                let nothing = Tensor::zeros([images.size()[0], 0], (Kind::Float, images.device()));
                (nothing.shallow_clone(), nothing)
            }
        };
        let mean = match &self.residual_code {
            None => mean,
            Some(residual) => {
                let code = self.architecture.blocks.gather(&mean, false);
                let known =
                    codes.map_or_else(|| mean.shallow_clone(), |codes| codes.or_read(&mean));
                self.assemble(
                    &self.architecture.blocks.gather(&mean, true),
                    &residual.forward(weights, &code, &known),
                )
            }
        };
        Ok(match self.architecture.code {
            Code::Exogenous => {
                let z = self.mechanisms.predict(weights, &mean);
                Encoded { u: mean, z, variance }
            }
            Code::Causal => {
                let (u, _) = self.mechanisms.abduct(weights, &mean);
                Encoded { u, z: mean, variance }
            }
        })
    }

    /// The mean images of latents `[n, d]`, where a diffusion model draws what they leave of an image.
    pub fn mean_image(&self, weights: &Weights, latents: &Tensor) -> Option<Tensor> {
        match &self.drawing {
            Drawing::Corrective(decoder) => Some(decoder.mean(weights, latents)),
            Drawing::Diffusion(_) | Drawing::Direct(_) | Drawing::Hierarchical(_) => None,
        }
    }

    /// What a diffusion model draws of images `[n, c, h, w]`: the images themselves, or what the mean images of their latents
    /// leave of them.
    pub fn remainder(&self, images: &Tensor, mean: Option<&Tensor>) -> Tensor {
        match (&self.drawing, mean) {
            (Drawing::Corrective(decoder), Some(mean)) => decoder.remainder(images, mean),
            _ => images.shallow_clone(),
        }
    }

    /// The images of which [`Model::remainder`] is `drawn`.
    pub fn complete(&self, drawn: Tensor, mean: Option<&Tensor>) -> Tensor {
        match (&self.drawing, mean) {
            (Drawing::Corrective(decoder), Some(mean)) => decoder.complete(&drawn, mean),
            _ => drawn,
        }
    }

    /// The decoder's prediction for noisy images at `times` given causal latents `[n, d]` (and classes). A decoder that
    /// draws in one pass predicts the image, at noise 0 of its own, and looks at the latents alone; a corrective one predicts
    /// the remainder, and draws the mean anew where the condition has none.
    pub fn denoise(&self, weights: &Weights, noisy: &Tensor, condition: &Condition<'_>) -> Tensor {
        let image = self.architecture.image;
        match &self.drawing {
            Drawing::Diffusion(unet) => unet.forward(weights, noisy, condition),
            Drawing::Corrective(decoder) => decoder.denoise(weights, noisy, condition),
            Drawing::Direct(decoder) => decoder.mean(weights, condition.latents, image),
            Drawing::Hierarchical(decoder) => decoder.mean(weights, condition.latents, image),
        }
    }

    /// The same in training, where the UNet's stages may be computed a second time for the gradient instead of being kept. A
    /// decoder that draws in one pass keeps everything.
    pub fn denoise_checkpointed(
        &self,
        weights: &Weights,
        noisy: &Tensor,
        condition: &Condition<'_>,
    ) -> (Tensor, Option<Recomputation>) {
        match &self.drawing {
            Drawing::Diffusion(unet) => unet.checkpointed(weights, noisy, condition),
            Drawing::Corrective(decoder) => decoder.checkpointed(weights, noisy, condition),
            Drawing::Direct(_) | Drawing::Hierarchical(_) => {
                (self.denoise(weights, noisy, condition), None)
            }
        }
    }

    /// The decoder, where it draws images in one pass.
    pub(crate) fn one_pass(&self) -> Option<&dyn OnePass> {
        match &self.drawing {
            Drawing::Diffusion(_) | Drawing::Corrective(_) => None,
            Drawing::Direct(decoder) => Some(decoder),
            Drawing::Hierarchical(decoder) => Some(decoder),
        }
    }

    /// A latent tensor from its labelled and its unlabelled blocks.
    fn assemble(&self, labelled: &Tensor, unlabelled: &Tensor) -> Tensor {
        let mut at = [0i64; 2];
        let block = |b: &Block| {
            let (source, place) =
                if b.labelled { (labelled, &mut at[0]) } else { (unlabelled, &mut at[1]) };
            let part = source.narrow(1, *place, b.width);
            *place += b.width;
            part
        };
        Tensor::cat(&self.architecture.blocks.iter().map(block).collect::<Vec<_>>(), 1)
    }

    /// Makes the running statistics (batch norm, residual regression) those of the weights in `store`, by passes in
    /// training mode over labelled images. Averaged weights need this: statistics copied from the trained network are
    /// not theirs, and bias what the reader says (by 0.09 px of thickness in a run of 1,000 steps on Morpho-MNIST,
    /// against a mean error of 0.09 px).
    ///
    /// # Errors
    /// As [`Model::encode`].
    pub fn refresh_statistics<'t>(
        &self,
        store: &ParameterStore,
        batches: impl IntoIterator<Item = (&'t Tensor, &'t Tensor)>,
    ) -> Result<(), ModelError> {
        for (images, labels) in batches {
            let weights = store.bind(Precision::F32, Mode::Train);
            let codes = KnownCodes::new(&self.architecture, labels);
            tch::no_grad(|| self.encode_labelled(&weights, images, images, Some(&codes)))?;
        }
        Ok(())
    }

    /// The block of the variable called `name`.
    ///
    /// # Errors
    /// When there is no such variable; the nearest name is suggested.
    pub fn block(&self, name: &str) -> Result<&Block, ModelError> {
        Ok(self.architecture.blocks.get(self.architecture.dag.index_of(name)?))
    }
}
