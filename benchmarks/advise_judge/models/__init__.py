"""Small models as users write them, for the advisor: all flags off, all sums out of place. STEPS names every step.

- for images: `resnet`, `densenet`, `mobilenet`, `unet`, `swin`; for tokens: `gpt2`, `llama`, `encoders`, `lstm`
- `gan` (with a gradient penalty), `diffusion`; `dirty_functions`: autograd functions, one of which writes its input
- `full_loop`: what users put around a model, such as autocast and checkpointing
- `steps`: the training steps and the inference that they share
"""

#: Step files of this folder, and the functions of each that `advise FILE:FUNCTION` takes.
STEPS = (
    ("resnet", ("resnet_training", "resnet_inference")),
    ("densenet", ("densenet_training", "densenet_inference", "densenet121_training")),
    ("mobilenet", ("mobilenet_training", "mobilenet_inference")),
    ("swin", ("swin_training", "swin_inference")),
    ("gpt2", ("gpt2_training", "gpt2_inference")),
    ("llama", ("llama_training", "llama_inference")),
    ("encoders", ("bert_training", "bert_inference", "torch_encoder_training", "torch_encoder_inference")),
    ("lstm", ("lstm_training", "lstm_inference", "written_lstm_training", "written_lstm_inference")),
    ("unet", ("unet_training", "unet_inference")),
    ("gan", ("gan_training", "gan_inference")),
    ("diffusion", ("diffusion_training", "diffusion_inference")),
    ("full_loop", ("full_loop_training",)),
    ("dirty_functions", ("dirty_functions_training", "dirty_functions_inference")),
)
