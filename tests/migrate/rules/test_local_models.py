from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop
from tools.migrate.rules import local_models

SERVED = "import streamlit as st\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def pipeline(x): ...\npipeline('text-generation')\n", id="an own function"),
        pytest.param(
            "from transformers import AutoTokenizer, BlipProcessor\n"
            "AutoTokenizer.from_pretrained('gpt2')\nBlipProcessor.from_pretrained('x')\n",
            id="a tokenizer and a processor",
        ),
        pytest.param("import spacy\nspacy.load('en_core_web_sm')\n", id="a small spaCy model"),
        pytest.param(
            "from langchain_ollama import ChatOllama\nChatOllama(base_url='http://models.lan:11434')\n",
            id="Ollama elsewhere",
        ),
        pytest.param(
            "from sklearn.pipeline import pipeline\npipeline('text')\n", id="scikit-learn"
        ),
    ],
)
def test_left_alone(source):
    check_noop(local_models, SERVED + source)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param(
            "from langchain.llms import CTransformers as C\nC(model='m/llama-2-7b.ggmlv3.q4_0.bin')",
            "C(…) loads a local language model, llama-2-7b.ggmlv3.q4_0.bin: about 3.8 GiB",
            id="ctransformers",
        ),
        pytest.param(
            "from langchain_community.llms import CTransformers\n"
            "CTransformers(model='x/Y-GGUF', model_file='y-13b.Q8_0.gguf')",
            "y-13b.Q8_0.gguf: about 12.9 GiB (13 billion parameters at 8.5 bits)",
            id="a file of a repository",
        ),
        pytest.param(
            "import os\nfrom llama_cpp import Llama\n"
            "Llama(model_path=os.path.join(os.getcwd(), 'phi-2.Q4_K_M.gguf'))",
            "phi-2.Q4_K_M.gguf: about 1.5 GiB",
            id="a joined path",
        ),
        pytest.param(
            "from transformers import AutoModelForCausalLM\nNAME = 'meta-llama/Llama-2-7b-chat-hf'\n"
            "def load():\n    return AutoModelForCausalLM.from_pretrained(NAME, load_in_8bit=True)",
            "a language model in torch, Llama-2-7b-chat-hf: about 6.9 GiB",
            id="a constant, in eight bits",
        ),
        pytest.param(
            "import transformers\ntransformers.pipeline('text-generation', model='gpt2')",
            "gpt2: about 473 MiB (124 million parameters at 32 bits), and the limit is 512 MiB (torch",
            id="fits but for torch",
        ),
        pytest.param(
            "from transformers import pipeline\npipeline('sentiment-analysis')",
            "loads a model in torch of a size that its name does not tell",
            id="the default model of a task",
        ),
        pytest.param(
            "from langchain_huggingface import HuggingFacePipeline\n"
            "def load(name='google/flan-t5-large'):\n"
            "    return HuggingFacePipeline.from_model_id(model_id=name, task='x')",
            "flan-t5-large: about 2.9 GiB",
            id="the default of a parameter",
        ),
        pytest.param(
            "from sentence_transformers import CrossEncoder\n"
            "CrossEncoder('cross-encoder/ms-marco-MiniLM-L-6-v2')",
            "a re-ranker in torch, ms-marco-MiniLM-L-6-v2: about 88 MiB",
            id="a cross-encoder",
        ),
        pytest.param(
            "import torchvision.models as models\nmodels.resnet50(weights=None)",
            "an image model in torch, torchvision.models.resnet50: about 99 MiB",
            id="torchvision",
        ),
        pytest.param(
            "import spacy\nspacy.load('en_core_web_trf')",
            "a spaCy model, en_core_web_trf: about 477 MiB",
            id="a spaCy transformer",
        ),
    ],
)
def test_refused_with_its_size(source, said):
    project = check_noop(
        local_models,
        f"{SERVED}{source}\n",
        notes=[("refused", "app.py", source.count("\n") + 2)],
    )
    assert said in project.notes[0].message


def test_the_name_in_a_settings_file():
    project = check_noop(
        local_models,
        {
            "config.yaml": "llm:\n  model: meta-llama/Llama-2-7b-chat-hf\n",
            "app.py": "import gradio as gr\nimport yaml\nfrom transformers import AutoModelForCausalLM\n"
            "config = yaml.safe_load(open('config.yaml'))\ndemo = gr.Blocks()\n"
            "model = AutoModelForCausalLM.from_pretrained(config['llm'].get('model'))\n",
        },
        notes=[("refused", "app.py", 6)],
    )
    assert "Llama-2-7b-chat-hf: about 26.1 GiB" in project.notes[0].message


def test_a_pipeline_around_a_loaded_model_is_said_once():
    check_noop(
        local_models,
        """\
        import streamlit as st
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, pipeline
        name = "google/flan-t5-base"
        model = AutoModelForSeq2SeqLM.from_pretrained(name)
        pipe = pipeline("text2text-generation", model=model, tokenizer=AutoTokenizer.from_pretrained(name))
        """,
        notes=[("refused", "app.py", 4)],
    )


def test_the_default_model_beside_another_one_is_said_too():
    check_noop(
        local_models,
        """\
        import streamlit as st
        from transformers import AutoModelForSeq2SeqLM, pipeline
        model = AutoModelForSeq2SeqLM.from_pretrained("google/flan-t5-base")
        mood = pipeline("sentiment-analysis")
        """,
        notes=[("refused", "app.py", 3), ("refused", "app.py", 4)],
    )


def test_bits_in_a_configuration_of_its_own():
    project = check_noop(
        local_models,
        """\
        import streamlit as st
        from transformers import AutoModelForCausalLM, BitsAndBytesConfig
        config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4")
        model = AutoModelForCausalLM.from_pretrained("zephyr-7b-beta", quantization_config=config)
        """,
        notes=[("refused", "app.py", 4)],
    )
    assert "about 3.7 GiB (7 billion parameters at 4.5 bits)" in project.notes[0].message


def test_run_by_hand_is_milder():
    check_noop(
        local_models,
        {
            "app.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "tune.py": "from transformers import AutoModelForCausalLM\n"
            "AutoModelForCausalLM.from_pretrained('gpt2')\n",
        },
        notes=[("kept", "tune.py", 2)],
    )


def test_ollama_on_the_same_machine():
    project = check_noop(
        local_models,
        f"{SERVED}from langchain_community.llms import Ollama\nOllama(model='llama3')\n",
        notes=[("warning", "app.py", 3)],
    )
    assert 'os.environ["OLLAMA_BASE_URL"]. A hosted model would help' in project.notes[0].message
