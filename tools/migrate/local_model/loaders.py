"""The calls that load a model into the app's own process, and what would help instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from tools.migrate.local_model.sizes import FLOAT32

GGUF = 4.7  # most files that are handed round hold about that many bits for each weight

HOSTED = (
    "A hosted model would help: `from langchain_openai import ChatOpenAI`, then"
    ' `ChatOpenAI(base_url="https://openrouter.ai/api/v1",'
    ' api_key=os.environ["OPENROUTER_API_KEY"], model="openai/gpt-4o-mini", timeout=30)`'
)
RERANKER = (
    "A smaller one would help: FlashRank runs ms-marco-TinyBERT-L-2-v2 (18 MB, 4.5 MB in 8 bits) on"
    " onnxruntime, without torch; or take the first documents of the store as they come"
)
SPEECH = (
    "A hosted transcription API would help, such as OpenAI's: `OpenAI().audio.transcriptions.create("
    'model="whisper-1", file=file)`'
)
VISION = (
    "A hosted model that reads images would help: send the image to an OpenAI-compatible API as"
    " `image_url`; or run this part as a service of its own"
)
TEXT = (
    "Ask the hosted language model for the same, or export the model to ONNX and run it on"
    " onnxruntime where its 8-bit file is below 100 MB"
)
SPACY = "Where its accuracy is enough, en_core_web_sm would help (13 MB, without torch)"


@dataclass(frozen=True, slots=True)
class Loader:
    """A kind of call: what it loads, which arguments name the model, and what would help."""

    what: str
    advice: str
    names: tuple[str, ...] = ("model_name", "model", "pretrained_model_name_or_path")
    positions: tuple[int, ...] = (0,)
    bits: float = FLOAT32
    needs_torch: bool = True


_LLM = Loader("a language model in torch", HOSTED)
_PEFT = Loader("a language model with an adapter in torch", HOSTED)
_PIPELINE = Loader("a language model in torch", HOSTED, ("model_id",), ())
_GGUF = Loader(
    "a local language model",
    HOSTED,
    (
        "model_file",
        "filename",
        "model_path",
        "model_name",
        "model",
        "model_path_or_repo_id",
        "repo_id",
    ),
    (0,),
    GGUF,
    needs_torch=False,
)
_RERANKER = Loader("a re-ranker in torch", RERANKER, ("model_name_or_path", "model_name"))
_SPEECH = Loader("a speech model", SPEECH, ("name", "model_size_or_path", "model_name"))
_TORCH_SPEECH = Loader("a speech model in torch", SPEECH)
_VISION = Loader("an image model in torch", VISION)
_TEXT = Loader("a model in torch", TEXT)
_SPACY = Loader("a spaCy model", SPACY, ("name",))

_T = r"transformers(?:\.\w+)*\."
_LC = r"langchain(?:_community|_classic|_huggingface)?(?:\.\w+)*\."
_SPEECH_CLASS = (
    r"(?:(?:Whisper|Wav2Vec|SpeechT5)\w*(?:Model|For\w+)|AutoModelFor(?:Speech|Text)\w+)"
)
_IMAGES = "Blip|CLIP|Vision|ViT|TrOCR|Donut|Llava|Pix2Struct|Git"
_VISION_CLASS = rf"(?:(?:{_IMAGES})\w*(?:Model|For\w+)|AutoModelFor(?:Vision|Image)\w+)"
_LLM_CLASS = r"\w*(?:ForCausalLM|ForSeq2SeqLM|ForConditionalGeneration|LMHeadModel)"
# Qualified name of what is called -> the loader; the first that fits.
_PATTERNS = {
    rf"{_T}{_SPEECH_CLASS}\.from_pretrained": _TORCH_SPEECH,
    rf"{_T}{_VISION_CLASS}\.from_pretrained": _VISION,
    rf"{_T}{_LLM_CLASS}\.from_pretrained": _LLM,
    rf"{_T}\w*(?:Model|For[A-Z]\w+)\.from_pretrained": _TEXT,
    r"peft(?:\.\w+)*\.AutoPeftModel\w*\.from_pretrained": _PEFT,
    r"auto_gptq(?:\.\w+)*\.AutoGPTQForCausalLM\.from_(?:quantized|pretrained)": _LLM,
    r"vllm\.LLM": _LLM,
    rf"{_LC}HuggingFacePipeline\.from_model_id": _PIPELINE,
    rf"{_LC}(?:CTransformers|LlamaCpp|ChatLlamaCpp|GPT4All)": _GGUF,
    r"llama_cpp(?:\.\w+)*\.Llama(?:\.from_pretrained)?": _GGUF,
    r"gpt4all(?:\.\w+)*\.GPT4All": _GGUF,
    r"ctransformers(?:\.\w+)*\.(?:AutoModelForCausalLM\.from_pretrained|LLM)": _GGUF,
    r"sentence_transformers(?:\.\w+)*\.CrossEncoder": _RERANKER,
    rf"{_LC}HuggingFaceCrossEncoder": _RERANKER,
    r"FlagEmbedding(?:\.\w+)*\.Flag(?:LLM|Auto)?Reranker": _RERANKER,
    r"whisper\.load_model|faster_whisper(?:\.\w+)*\.WhisperModel": _SPEECH,
    r"torchvision\.models(?:\.\w+)*\.[a-z]\w+": Loader("an image model in torch", VISION, (), ()),
    r"diffusers(?:\.\w+)*\.\w+Pipeline\.from_pretrained": _VISION,
    r"easyocr\.Reader": Loader("a text recogniser in torch", VISION, (), ()),
    r"spacy\.load": _SPACY,
}
LOADERS = tuple((re.compile(pattern), loader) for pattern, loader in _PATTERNS.items())
# What `transformers.pipeline` loads, by its task; other tasks load a model of text.
PIPELINE = re.compile(rf"{_T}pipeline")
TASKS = MappingProxyType(
    {
        "text-generation": _LLM,
        "text2text-generation": _LLM,
        "summarization": _LLM,
        "translation": _LLM,
        "conversational": _LLM,
        "automatic-speech-recognition": _TORCH_SPEECH,
        "text-to-speech": _TORCH_SPEECH,
        "image-to-text": _VISION,
        "image-classification": _VISION,
        "visual-question-answering": _VISION,
        "document-question-answering": _VISION,
    }
)
OTHER_TASK = Loader("a model in torch", TEXT, ("model",), (1,))
# Ollama's model lives in a server of its own.
OLLAMA = re.compile(
    r"langchain(?:_community|_classic|_ollama)?(?:\.\w+)*\.(?:Ollama|ChatOllama|OllamaLLM)"
)
WORDS = (
    "transformers",
    "from_pretrained",
    "from_model_id",
    "from_quantized",
    "vllm",
    "CTransformers",
    "ctransformers",
    "LlamaCpp",
    "llama_cpp",
    "GPT4All",
    "CrossEncoder",
    "Reranker",
    "whisper",
    "torchvision",
    "easyocr",
    "spacy",
    "Ollama",
)


@cache
def loader_of(origin: str) -> Loader | None:
    """The loader that a qualified name stands for."""
    return next((loader for pattern, loader in LOADERS if pattern.fullmatch(origin)), None)
