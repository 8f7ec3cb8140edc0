"""Every row of the tables, tried on the real packages of LangChain 1.x."""

from __future__ import annotations

import importlib
from importlib.util import find_spec

import pytest

from tools.migrate.langchain import methods
from tools.migrate.langchain.gone import GONE
from tools.migrate.langchain.homes import Gone, home
from tools.migrate.langchain.modules import GUESSED, KEPT, MODULES
from tools.migrate.langchain.names import NAMES

# The packages say of themselves and of half their names that they are deprecated.
pytestmark = pytest.mark.filterwarnings("ignore")
INSTALLED = (
    "langchain_classic",
    "langchain_community",
    "langchain_core",
    "langchain_openai",
    "langchain_text_splitters",
    "pydantic",
)
USUAL = """\
langchain: ConversationChain FAISS HuggingFaceHub LLMChain OpenAI PromptTemplate SQLDatabase hub
langchain.agents: AgentExecutor AgentType Tool create_react_agent create_tool_calling_agent
langchain.agents: initialize_agent tool ZeroShotAgent ConversationalChatAgent
langchain.agents.agent_types: AgentType
langchain.callbacks: StreamlitCallbackHandler get_openai_callback AsyncIteratorCallbackHandler
langchain.callbacks.base: AsyncCallbackHandler BaseCallbackHandler BaseCallbackManager
langchain.callbacks.manager: CallbackManager CallbackManagerForLLMRun CallbackManagerForToolRun
langchain.callbacks.streaming_stdout: StreamingStdOutCallbackHandler
langchain.chains: ConversationChain ConversationalRetrievalChain LLMChain RetrievalQA
langchain.chains: create_history_aware_retriever create_retrieval_chain RetrievalQAWithSourcesChain
langchain.chains.combine_documents: create_stuff_documents_chain
langchain.chains.conversation.memory: ConversationBufferMemory ConversationBufferWindowMemory
langchain.chains.conversational_retrieval.prompts: CONDENSE_QUESTION_PROMPT
langchain.chains.llm: LLMChain
langchain.chains.qa_with_sources: load_qa_with_sources_chain
langchain.chains.question_answering: load_qa_chain
langchain.chains.summarize: load_summarize_chain
langchain.chat_models: AzureChatOpenAI ChatOpenAI
langchain.chat_models.base: SimpleChatModel
langchain.docstore.document: Document
langchain.docstore.in_memory: InMemoryDocstore
langchain.document_loaders: CSVLoader DirectoryLoader PyPDFLoader TextLoader WebBaseLoader
langchain.document_loaders.base: BaseLoader
langchain.document_loaders.csv_loader: CSVLoader
langchain.embeddings: HuggingFaceEmbeddings HuggingFaceInstructEmbeddings OpenAIEmbeddings
langchain.embeddings.base: Embeddings
langchain.embeddings.huggingface: HuggingFaceEmbeddings
langchain.embeddings.openai: OpenAIEmbeddings
langchain.indexes: VectorstoreIndexCreator
langchain.llms: CTransformers HuggingFaceHub HuggingFacePipeline LlamaCpp Ollama OpenAI
langchain.llms.base: BaseLLM LLM
langchain.llms.openai: OpenAI
langchain.memory: ChatMessageHistory ConversationBufferMemory ConversationSummaryMemory
langchain.memory.chat_message_histories: RedisChatMessageHistory
langchain.output_parsers: PydanticOutputParser ResponseSchema StructuredOutputParser
langchain.prompts: ChatPromptTemplate FewShotPromptTemplate MessagesPlaceholder PromptTemplate
langchain.prompts.chat: HumanMessagePromptTemplate SystemMessagePromptTemplate ChatPromptTemplate
langchain.prompts.prompt: PromptTemplate
langchain.retrievers: BM25Retriever ContextualCompressionRetriever EnsembleRetriever
langchain.retrievers.document_compressors: LLMChainExtractor
langchain.retrievers.multi_query: MultiQueryRetriever
langchain.schema: AIMessage AgentAction AgentFinish BaseOutputParser Document HumanMessage LLMResult
langchain.schema: BaseRetriever SystemMessage messages_from_dict messages_to_dict
langchain.schema.messages: AIMessage BaseMessage HumanMessage
langchain.schema.output_parser: StrOutputParser
langchain.schema.runnable: RunnableLambda RunnablePassthrough
langchain.storage: InMemoryStore LocalFileStore
langchain.text_splitter: CharacterTextSplitter RecursiveCharacterTextSplitter TokenTextSplitter
langchain.tools: BaseTool DuckDuckGoSearchRun StructuredTool Tool tool
langchain.utilities: SQLDatabase SerpAPIWrapper WikipediaAPIWrapper
langchain.vectorstores: Chroma FAISS
langchain.vectorstores.base: VectorStore VectorStoreRetriever
langchain.vectorstores.faiss: FAISS
langchain_core.pydantic_v1: BaseModel Field
"""


def there(module: str, name: str) -> bool:
    """Whether `from module import name` finds it, as far as the packages here can tell."""
    try:
        return hasattr(importlib.import_module(module), name) or bool(find_spec(f"{module}.{name}"))
    except ImportError as error:
        return "langchain" not in str(error)  # it is there, and imports what is not installed here


def is_installed(module: str) -> bool:
    return module.startswith(INSTALLED)


@pytest.mark.parametrize("old", [pytest.param(old, id=old) for old in MODULES])
def test_module(old):
    new = MODULES[old]
    if is_installed(new):
        assert find_spec(new) is not None
    else:
        assert new == "langchain_experimental"  # it is not among the tests' requirements


def test_what_was_guessed_is_nowhere():
    there_now = [old for old, meant in GUESSED.items() if old != meant and found(old)]
    # With other things in them: an assistant, and three memories that classic has as well.
    assert there_now == ["langchain_community.agents", "langchain_community.memory"]


def found(module):
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def test_every_name_that_moved():
    rows = [(new, old.rpartition(".")[2]) for old, new in NAMES.items() if is_installed(new)]
    assert [row for row in rows if not there(*row)] == []


def test_every_name_that_is_gone():
    rows = [old.replace("langchain.", "langchain_classic.").rpartition(".") for old in GONE]
    assert [row for row in rows if there(row[0], row[2])] == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        pytest.param(module, name, id=f"{module}.{name}")
        for line in USUAL.splitlines()
        for module, _, names in [line.partition(": ")]
        for name in names.split()
    ],
)
def test_usual_spellings(module, name):
    """What public code imports most is found at the home that the tables give."""
    place = home(module, name)
    assert not isinstance(place, Gone)
    assert place == module if name in KEPT.get(module, "").split() else place != module
    if place != module:
        assert there(place, name)


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        pytest.param("langchain.agents", "create_agent", "langchain.agents", id="new in 1.x"),
        pytest.param("langchain.agents.middleware.types", "X", "langchain.agents.middleware.types", id="below"),
        pytest.param("langchain.retrievers.bm25", "BM25Retriever", "langchain_community.retrievers", id="by its module"),
        pytest.param("langchain_core.documents", "Document", "langchain_core.documents", id="core"),
        pytest.param("langchain.vectorstores", "Tigris", Gone("another vector store"), id="gone"),
        pytest.param("langchain_core.schema", "Document", "langchain_core.documents", id="a guess"),
        pytest.param("langchain_community.agents", "create_agent", "langchain.agents", id="a guess of 1.x"),
        pytest.param("langchain_community.agents.openai_assistant", "X", "langchain_community.agents.openai_assistant", id="beside a guess"),
        pytest.param("langchain_core.memory", "BaseMemory", "langchain_classic.base_memory", id="gone from core"),
        pytest.param("langchain", "SQLDatabaseChain", "langchain_experimental.sql", id="left classic"),
        pytest.param("langchain.chains.sql_database.base", "SQLDatabaseChain", "langchain_experimental.sql", id="left classic, by its module"),
        pytest.param("langchain.chains", "SQLDatabaseSequentialChain", "langchain_experimental.sql", id="left the chains"),
        pytest.param("langchain.chains.sql_database.query", "create_sql_query_chain", "langchain_classic.chains.sql_database.query", id="beside what left"),
        pytest.param("langchain.chains.pal.base", "PALChain", "langchain_experimental.pal_chain", id="PAL"),
        pytest.param("langchain.chains.llm_bash.base", "LLMBashChain", "langchain_experimental.llm_bash.base", id="bash"),
        pytest.param("langchain.experimental", "AutoGPT", "langchain_experimental.autonomous_agents", id="experimental"),
        pytest.param("langchain.experimental.autonomous_agents.autogpt.agent", "AutoGPT", "langchain_experimental.autonomous_agents", id="experimental, by its module"),
        pytest.param("langchain.experimental.plan_and_execute.schema", "Plan", "langchain_experimental.plan_and_execute.schema", id="a module of experimental"),
        pytest.param("langchain.tools.python.tool", "PythonREPLTool", "langchain_experimental.tools", id="a tool that runs code"),
        pytest.param("langchain.utilities.bash", "BashProcess", "langchain_experimental.llm_bash.bash", id="a shell"),
        pytest.param("langchain.indexes.base", "RecordManager", "langchain_core.indexing", id="left classic for core"),
        pytest.param("langchain.made.up", "X", "langchain_classic.made.up", id="unknown"),
    ],
)  # fmt: skip
def test_home(module, name, expected):
    assert home(module, name) == expected


def test_methods_that_are_gone():
    """By the packages themselves: what `methods` rewrites is gone, and chains keep theirs."""
    from langchain_classic.chains.base import Chain
    from langchain_core.language_models import BaseChatModel, BaseLLM
    from langchain_core.retrievers import BaseRetriever

    bases = {"retriever": BaseRetriever, "chat model": BaseChatModel, "LLM": BaseLLM}
    for kind, gone in methods.GONE.items():
        for old, (new, _) in gone.items():
            assert (old or "__call__") not in dir(bases[kind])
            assert new in dir(bases[kind])
    assert {"run", "__call__", "apply"} <= set(dir(Chain))
