# tried out once: describe a product photo. Not part of the bot.
import sys

import torch
from PIL import Image
from transformers import BlipForConditionalGeneration, BlipProcessor

device = "cuda" if torch.cuda.is_available() else "cpu"
processor = BlipProcessor.from_pretrained("Salesforce/blip-image-captioning-base")
model = BlipForConditionalGeneration.from_pretrained("Salesforce/blip-image-captioning-base").to(device)

inputs = processor(Image.open(sys.argv[1]).convert("RGB"), return_tensors="pt").to(device)
print(processor.decode(model.generate(**inputs)[0], skip_special_tokens=True))
