// A neural net run by ONNX Runtime: loaded from a file, then any number of runs. The one place that
// knows ONNX Runtime, which is opened at run time (dlopen): nothing links it, and a machine without
// it only lacks the voices that need it.
//
// One thread, so that a process may be forked after load(): a child runs what its parent loaded.
// The same inputs give the same outputs on the same kind of processor; another kind's vector
// instructions may round otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.hpp"

namespace onput::tts {

// What the runtime keeps for one net. Moved, never copied; its tensors must not outlive it.
class OnnxNet {
public:
    struct Names {
        std::vector<std::string> inputs;
        std::vector<std::string> outputs;
        // An inner tensor of 64-bit integers that is wanted as one more output, the last; empty:
        // none.
        std::string revealed = {};
    };
    // `library` is libonnxruntime.so's path. Fails with unavailable (the library cannot be opened,
    // or is too old), or invalid_argument (the file is no net, or has no such inputs and outputs).
    static Result<OnnxNet> load(const std::string& library, const std::string& model, Names names);

    ~OnnxNet();
    OnnxNet(OnnxNet&&) noexcept;
    OnnxNet& operator=(OnnxNet&&) noexcept;

    // An input tensor: a row of numbers, of one kind.
    struct Input {
        std::vector<std::int64_t> shape;
        std::span<const std::int64_t> integers = {};
        std::span<const float> floats = {};  // When there are no integers.
    };
    // An output tensor, the runtime's own memory.
    class Output {
    public:
        ~Output();
        Output(Output&&) noexcept;
        Output& operator=(Output&&) noexcept;

        [[nodiscard]] const std::vector<std::int64_t>& shape() const { return shape_; }
        // Empty when the tensor has numbers of another kind.
        [[nodiscard]] std::span<const float> floats() const { return floats_; }
        [[nodiscard]] std::span<const std::int64_t> integers() const { return integers_; }

    private:
        friend class OnnxNet;
        Output() = default;
        void* value_ = nullptr;
        const void* api_ = nullptr;
        std::vector<std::int64_t> shape_;
        std::span<const float> floats_;
        std::span<const std::int64_t> integers_;
    };

    // Inputs and outputs in the order of the names. Fails with internal.
    Result<std::vector<Output>> run(std::span<const Input> inputs) const;

private:
    struct State;
    explicit OnnxNet(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// `model` with `tensor`, an inner tensor of 64-bit integers, as one more of its outputs. An ONNX
// model is a message of protocol buffers, and two such messages one behind the other are one
// message with the fields of both. Pure.
std::string reveal_tensor(std::string model, const std::string& tensor);

}  // namespace onput::tts
