"""How each client of a language model is told its timeout.

The names are the fields' own, read in the packages' first and newest releases: an alias such as
`timeout` came later with some of them, and a class that forbids extra arguments fails with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

# `{s}` seconds, `{ms}` milliseconds
REQUEST = "request_timeout={s}"
TIMEOUT = "timeout={s}"
ANTHROPIC = "default_request_timeout={s}"
_GENERATIONS = ("langchain", "langchain_community", "langchain_classic")


def _in(place: str, names: str, modules: str = "") -> Iterator[str]:
    """`place.Name` and `place.module.Name` of each name and module."""
    for module in ["", *(f".{module}" for module in modules.split())]:
        for name in names.split():
            yield f"{place}{module}.{name}"


def _openai() -> Iterator[str]:
    chat, plain = "ChatOpenAI AzureChatOpenAI", "OpenAI AzureOpenAI"
    for package in ("langchain", "langchain_community", "langchain_classic"):
        yield from _in(f"{package}.chat_models", chat, "openai azure_openai")
        yield from _in(f"{package}.llms", plain, "openai")
    yield from _in("langchain", plain)
    yield from _in("langchain_openai", chat, "chat_models chat_models.base chat_models.azure")
    yield from _in("langchain_openai", plain, "llms llms.base llms.azure")


def _anthropic() -> Iterator[str]:
    yield from _in("langchain_anthropic", "ChatAnthropic", "chat_models")
    yield from _in("langchain_community.chat_models", "ChatAnthropic", "anthropic")
    yield from _in("langchain.chat_models", "ChatAnthropic", "anthropic")


_LANGCHAIN = {
    **dict.fromkeys(_openai(), REQUEST),
    **dict.fromkeys(_in("langchain_groq", "ChatGroq", "chat_models"), REQUEST),
    **dict.fromkeys(_in("langchain_fireworks", "ChatFireworks", "chat_models"), REQUEST),
    **dict.fromkeys(_in("langchain_together", "ChatTogether", "chat_models"), REQUEST),
    **dict.fromkeys(_in("langchain_deepseek", "ChatDeepSeek", "chat_models"), REQUEST),
    **dict.fromkeys(_in("langchain_xai", "ChatXAI", "chat_models"), REQUEST),
    **dict.fromkeys(_anthropic(), ANTHROPIC),
    **dict.fromkeys(
        _in("langchain_google_genai", "ChatGoogleGenerativeAI", "chat_models"), TIMEOUT
    ),
    **dict.fromkeys(_in("langchain_google_genai", "GoogleGenerativeAI", "llms"), TIMEOUT),
    **dict.fromkeys(_in("langchain_mistralai", "ChatMistralAI", "chat_models"), TIMEOUT),
    **dict.fromkeys(_in("langchain_huggingface", "HuggingFaceEndpoint", "llms"), TIMEOUT),
    **dict.fromkeys(_in("langchain_cohere", "ChatCohere", "chat_models"), "timeout_seconds={s}"),
    **dict.fromkeys(_in("langchain_community.llms", "Ollama", "ollama"), TIMEOUT),
    **dict.fromkeys(_in("langchain_community.chat_models", "ChatOllama", "ollama"), TIMEOUT),
    **dict.fromkeys(
        _in("langchain_ollama", "ChatOllama OllamaLLM"), 'client_kwargs={{"timeout": {s}}}'
    ),
}
_CLIENTS = {
    "openai.OpenAI": TIMEOUT,
    "openai.AsyncOpenAI": TIMEOUT,
    "openai.AzureOpenAI": TIMEOUT,
    "openai.AsyncAzureOpenAI": TIMEOUT,
    "openai.chat.completions.create": TIMEOUT,
    "openai.ChatCompletion.create": REQUEST,  # openai below 1
    "openai.ChatCompletion.acreate": REQUEST,
    "openai.Completion.create": REQUEST,
    "groq.Groq": TIMEOUT,
    "groq.AsyncGroq": TIMEOUT,
    "anthropic.Anthropic": TIMEOUT,
    "anthropic.AsyncAnthropic": TIMEOUT,
    "cohere.Client": TIMEOUT,
    "cohere.ClientV2": TIMEOUT,
    "cohere.AsyncClient": TIMEOUT,
    "together.Together": TIMEOUT,
    "together.AsyncTogether": TIMEOUT,
    "mistralai.Mistral": "timeout_ms={ms}",
    "huggingface_hub.InferenceClient": TIMEOUT,
    "huggingface_hub.AsyncInferenceClient": TIMEOUT,
    "ollama.Client": TIMEOUT,
    "ollama.AsyncClient": TIMEOUT,
    "litellm.completion": TIMEOUT,
    "litellm.acompletion": TIMEOUT,
    "google.genai.Client": 'http_options={{"timeout": {ms}}}',
}
# qualified name -> the argument to add
ARGUMENTS: Mapping[str, str] = MappingProxyType({**_LANGCHAIN, **_CLIENTS})

_HUB = "use HuggingFaceEndpoint of langchain_huggingface, which takes timeout="
_DIFFERS = "releases differ in whether it has one: see yours, or take the provider's own package"
# qualified name -> what would help, where there is no argument for it
WITHOUT: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(_in("langchain", "HuggingFaceHub", "llms chat_models"), _HUB),
        **dict.fromkeys(_in("langchain_community.llms", "HuggingFaceHub", "huggingface_hub"), _HUB),
        **dict.fromkeys(_in("langchain.llms", "Ollama HuggingFaceEndpoint"), _DIFFERS),
        **dict.fromkeys(_in("langchain.chat_models", "ChatOllama"), _DIFFERS),
        **dict.fromkeys(_in("langchain_community.llms", "HuggingFaceEndpoint"), _DIFFERS),
        **dict.fromkeys(_in("langchain_together", "Together", "llms"), "ChatTogether takes one"),
        "google.generativeai.GenerativeModel": (
            'give each call of generate_content request_options={"timeout": 30}'
        ),
    }
)
# In each file that calls one of them stands one of these.
WORDS = (
    *sorted({name for key in (*ARGUMENTS, *WITHOUT) if (name := key.split(".")[-1])[0].isupper()}),
    "openai",
    "litellm",
)
