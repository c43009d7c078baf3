#include "services/tts/onnx/onnx_runtime.hpp"

#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "services/tts/onnx/onnx_api.hpp"

namespace onput::tts {
namespace {

using Table = const void* const*;

// The status as an error; it is released.
Result<void> check(Table api, ort::Status* status, std::string_view doing, ErrorCode code) {
    if (status == nullptr) return {};
    Error error{.code = code,
                .message = fmt::format("ONNX Runtime: {}: {}", doing,
                                       ort::GetErrorMessage::of(api)(status))};
    ort::ReleaseStatus::of(api)(status);
    return std::unexpected(std::move(error));
}

Result<std::string> read_model(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file && !bytes.empty()) return bytes;
    return fail(ErrorCode::invalid_argument, fmt::format("{} cannot be read", path));
}

Result<Table> open_library(const std::string& path) {
    // Never closed: what it has registered lives as long as the process.
    void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread, before any fork.
        return fail(ErrorCode::unavailable, fmt::format("open {}: {}", path, ::dlerror()));
    }
    void* const symbol = ::dlsym(library, ort::entry_point);
    if (symbol == nullptr) {
        return fail(ErrorCode::unavailable, fmt::format("{} has no {}", path, ort::entry_point));
    }
    const auto get_base = reinterpret_cast<const ort::ApiBase* (*)()>(symbol);
    const ort::ApiBase& base = *get_base();
    const Table table = base.get_api(ort::api_version);
    if (table != nullptr) return table;
    return fail(ErrorCode::unavailable,
                fmt::format("{} is ONNX Runtime {}, which lacks version {} of the interface", path,
                            base.get_version_string(), ort::api_version));
}

// A field of a protocol buffer: its number, and bytes with their length.
void append_varint(std::size_t value, std::string& out) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
    out += static_cast<char>(value);
}

std::string field(unsigned number, std::string_view bytes) {
    constexpr unsigned length_delimited = 2;
    std::string out;
    append_varint(number << 3 | length_delimited, out);
    append_varint(bytes.size(), out);
    out += bytes;
    return out;
}

}  // namespace

std::string reveal_tensor(std::string model, const std::string& tensor) {
    // ModelProto.graph = 7; GraphProto.output = 12; ValueInfoProto.name = 1, .type = 2;
    // TypeProto.tensor_type = 1; TypeProto.Tensor.elem_type = 1, a number: 7 is INT64.
    const std::string type = field(1, std::string_view("\x08\x07", 2));
    model += field(7, field(12, field(1, tensor) + field(2, type)));
    return model;
}

struct OnnxNet::State {
    Table api = nullptr;
    Names names = {};
    ort::Env* env = nullptr;
    ort::Session* session = nullptr;
    ort::MemoryInfo* memory = nullptr;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (session != nullptr) ort::ReleaseSession::of(api)(session);
        if (memory != nullptr) ort::ReleaseMemoryInfo::of(api)(memory);
        if (env != nullptr) ort::ReleaseEnv::of(api)(env);
    }

    Result<void> open(const std::string& model) {
        const auto try_to = [this](ort::Status* status, std::string_view doing) {
            return check(api, status, doing, ErrorCode::invalid_argument);
        };
        ONPUT_TRY_VOID(
            try_to(ort::CreateEnv::of(api)(ort::LogLevel::error, "onput", &env), "start"));
        ONPUT_TRY_VOID(try_to(ort::CreateCpuMemoryInfo::of(api)(ort::AllocatorType::device,
                                                                ort::MemoryType::standard, &memory),
                              "describe memory"));
        ort::SessionOptions* raw = nullptr;
        ONPUT_TRY_VOID(try_to(ort::CreateSessionOptions::of(api)(&raw), "make options"));
        const std::unique_ptr<ort::SessionOptions, void (*)(ort::SessionOptions*)> options(
            raw, ort::ReleaseSessionOptions::of(api));
        ONPUT_TRY_VOID(try_to(ort::SetIntraOpNumThreads::of(api)(raw, 1), "use one thread"));
        ONPUT_TRY_VOID(try_to(ort::SetInterOpNumThreads::of(api)(raw, 1), "use one thread"));
        return try_to(
            ort::CreateSessionFromArray::of(api)(env, model.data(), model.size(), raw, &session),
            "load the net");
    }

    [[nodiscard]] Result<void> check_run(ort::Status* status, std::string_view doing) const {
        return check(api, status, doing, ErrorCode::internal);
    }

    Result<ort::Value*> make_value(const Input& input) const {
        const bool has_integers = !input.integers.empty();
        // The runtime reads it only.
        void* const data =
            has_integers ? static_cast<void*>(const_cast<std::int64_t*>(input.integers.data()))
                         : static_cast<void*>(const_cast<float*>(input.floats.data()));
        const std::size_t bytes =
            has_integers ? input.integers.size_bytes() : input.floats.size_bytes();
        ort::Value* value = nullptr;
        ONPUT_TRY_VOID(check_run(
            ort::CreateTensorWithData::of(api)(
                memory, data, bytes, input.shape.data(), input.shape.size(),
                has_integers ? ort::ElementType::int64 : ort::ElementType::float32, &value),
            "make an input"));
        return value;
    }

    Result<void> describe(Output& output) const {
        auto* const value = static_cast<ort::Value*>(output.value_);
        ort::ShapeInfo* raw = nullptr;
        ONPUT_TRY_VOID(
            check_run(ort::GetTensorTypeAndShape::of(api)(value, &raw), "look at an output"));
        const std::unique_ptr<ort::ShapeInfo, void (*)(ort::ShapeInfo*)> info(
            raw, ort::ReleaseShapeInfo::of(api));
        std::size_t dimensions = 0;
        ONPUT_TRY_VOID(check_run(ort::GetDimensionsCount::of(api)(raw, &dimensions), "measure it"));
        output.shape_.resize(dimensions);
        ONPUT_TRY_VOID(check_run(ort::GetDimensions::of(api)(raw, output.shape_.data(), dimensions),
                                 "measure it"));
        std::size_t count = 1;
        for (const std::int64_t size : output.shape_) {
            if (size < 0) return fail(ErrorCode::internal, "ONNX Runtime: an output without size");
            count *= static_cast<std::size_t>(size);
        }
        auto type = ort::ElementType::float32;
        ONPUT_TRY_VOID(check_run(ort::GetTensorElementType::of(api)(raw, &type), "see its type"));
        void* data = nullptr;
        ONPUT_TRY_VOID(
            check_run(ort::GetTensorMutableData::of(api)(value, &data), "read an output"));
        if (type == ort::ElementType::float32)
            output.floats_ = {static_cast<const float*>(data), count};
        if (type == ort::ElementType::int64)
            output.integers_ = {static_cast<const std::int64_t*>(data), count};
        return {};
    }
};

OnnxNet::OnnxNet(std::unique_ptr<State> state) : state_(std::move(state)) {}
OnnxNet::~OnnxNet() = default;
OnnxNet::OnnxNet(OnnxNet&&) noexcept = default;
OnnxNet& OnnxNet::operator=(OnnxNet&&) noexcept = default;

Result<OnnxNet> OnnxNet::load(const std::string& library, const std::string& model, Names names) {
    ONPUT_TRY(std::string bytes, read_model(model));
    auto state = std::make_unique<State>();
    ONPUT_TRY(state->api, open_library(library));
    if (!names.revealed.empty()) {
        bytes = reveal_tensor(std::move(bytes), names.revealed);
        names.outputs.push_back(names.revealed);
    }
    state->names = std::move(names);
    auto opened = state->open(bytes);
    if (!opened) return std::unexpected(std::move(opened).error().with_context("load " + model));
    return OnnxNet(std::move(state));
}

Result<std::vector<OnnxNet::Output>> OnnxNet::run(std::span<const Input> inputs) const {
    const State& state = *state_;
    if (inputs.size() != state.names.inputs.size())
        return fail(ErrorCode::internal, "ONNX Runtime: another number of inputs than the net has");
    const auto as_texts = [](const std::vector<std::string>& names) {
        std::vector<const char*> texts;
        for (const std::string& name : names) texts.push_back(name.c_str());
        return texts;
    };
    const auto input_names = as_texts(state.names.inputs);
    const auto output_names = as_texts(state.names.outputs);
    std::vector<Output> owned;  // Inputs: released as outputs are.
    std::vector<const ort::Value*> values;
    for (const Input& input : inputs) {
        ONPUT_TRY(ort::Value * value, state.make_value(input));
        owned.push_back(Output());
        owned.back().value_ = value;
        owned.back().api_ = state.api;
        values.push_back(value);
    }
    std::vector<ort::Value*> made(output_names.size(), nullptr);
    const auto ran = state.check_run(
        ort::Run::of(state.api)(state.session, nullptr, input_names.data(), values.data(),
                                values.size(), output_names.data(), made.size(), made.data()),
        "run the net");
    std::vector<Output> outputs;
    for (ort::Value* const value : made) {
        outputs.push_back(Output());
        outputs.back().value_ = value;
        outputs.back().api_ = state.api;
    }
    if (!ran) return std::unexpected(ran.error());
    for (Output& output : outputs) ONPUT_TRY_VOID(state.describe(output));
    return outputs;
}

OnnxNet::Output::~Output() {
    if (value_ == nullptr) return;
    ort::ReleaseValue::of(static_cast<Table>(api_))(static_cast<ort::Value*>(value_));
}

OnnxNet::Output::Output(Output&& other) noexcept
    : value_(std::exchange(other.value_, nullptr)),
      api_(other.api_),
      shape_(std::move(other.shape_)),
      floats_(std::exchange(other.floats_, {})),
      integers_(std::exchange(other.integers_, {})) {}

OnnxNet::Output& OnnxNet::Output::operator=(Output&& other) noexcept {
    std::swap(value_, other.value_);
    std::swap(api_, other.api_);
    std::swap(shape_, other.shape_);
    std::swap(floats_, other.floats_);
    std::swap(integers_, other.integers_);
    return *this;
}

}  // namespace onput::tts
