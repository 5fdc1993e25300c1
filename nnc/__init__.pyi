"""What `import nnc` offers; each name is loaded when it is first asked for."""

from .api import (
    check as check,
    decode as decode,
    decode_levels as decode_levels,
    diff as diff,
    encode as encode,
    load_file as load_file,
    load_model as load_model,
    open as open,
    save_file as save_file,
    trace as trace,
    tree as tree,
)
from .bitio import (
    BitstreamError as BitstreamError,
    BuildError as BuildError,
    IncompleteError as IncompleteError,
    InputError as InputError,
    InvalidError as InvalidError,
    LimitError as LimitError,
    MissingValueError as MissingValueError,
    NncError as NncError,
    UnknownOptionError as UnknownOptionError,
    UnsupportedError as UnsupportedError,
)
from .bitstream import (
    Bitstream as Bitstream,
)
from .decoder import (
    BatchNorm as BatchNorm,
    Decoder as Decoder,
    DecodingWarning as DecodingWarning,
    Limits as Limits,
    ModelInformation as ModelInformation,
    PerformanceMaps as PerformanceMaps,
    Pruning as Pruning,
    Quantization as Quantization,
    StreamDecoder as StreamDecoder,
    Topology as Topology,
)
from .encoder import (
    Block as Block,
    Encoder as Encoder,
    EncodingWarning as EncodingWarning,
    Joined as Joined,
    LayerParameters as LayerParameters,
    TensorOptions as TensorOptions,
)
from .engine.document import (
    Document as Document,
)
from .engine.format import (
    Format as Format,
)
from .model.calibration import (
    Calibration as Calibration,
)
from .model_files import (
    FileSizes as FileSizes,
    decode_file as decode_file,
    encode_file as encode_file,
)
from .opened import (
    TensorFile as TensorFile,
    safe_open as safe_open,
)

__version__: str
