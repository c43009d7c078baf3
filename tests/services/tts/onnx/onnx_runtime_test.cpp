#include "services/tts/onnx/onnx_runtime.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace onput::tts {
namespace {

class OnnxRuntimeTest : public testing::Test {
protected:
    void SetUp() override {
        folder = std::filesystem::temp_directory_path() /
                 ("onnx_runtime_test." + std::to_string(::getpid()));
        std::filesystem::create_directories(folder);
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::string file(const std::string& name, const std::string& bytes) {
        std::ofstream(folder / name, std::ios::binary) << bytes;
        return folder / name;
    }

    static std::string fault(const std::string& library, const std::string& model) {
        const auto loaded = OnnxNet::load(library, model, {.inputs = {"a"}, .outputs = {"b"}});
        return loaded ? "" : loaded.error().message;
    }

    std::filesystem::path folder;
};

TEST_F(OnnxRuntimeTest, a_library_that_is_missing_or_another_is_named) {
    const std::string model = file("net.onnx", "net");
    const std::string missing = folder / "none.so";
    EXPECT_NE(fault(missing, model).find(missing), std::string::npos);
    const std::string text = file("text.so", "no library");
    EXPECT_NE(fault(text, model).find(text), std::string::npos);
    EXPECT_EQ(fault("libm.so.6", model), "libm.so.6 has no OrtGetApiBase");
}

TEST_F(OnnxRuntimeTest, a_net_that_is_missing_or_empty_is_named) {
    const std::string missing = folder / "none.onnx";
    EXPECT_EQ(fault("libm.so.6", missing), missing + " cannot be read");
    const std::string empty = file("empty.onnx", "");
    EXPECT_EQ(fault("libm.so.6", empty), empty + " cannot be read");
}

TEST(RevealTensor, adds_an_output_of_integers_behind_the_model) {
    // ModelProto.graph (7) { GraphProto.output (12) { name (1) "t", type (2) { tensor_type (1) {
    // elem_type (1): 7 } } } }.
    const std::string added("\x3a\x0b\x62\x09\x0a\x01t\x12\x04\x0a\x02\x08\x07", 13);
    EXPECT_EQ(reveal_tensor("model", "t"), "model" + added);
}

TEST(RevealTensor, long_names_have_long_lengths) {
    const std::string name(300, 'n');
    const std::string revealed = reveal_tensor("", name);
    EXPECT_EQ(revealed.size(), 300 + 3 + 6 + 3 + 3U);
    EXPECT_NE(revealed.find(std::string("\x0a\xac\x02", 3) + name), std::string::npos);
}

}  // namespace
}  // namespace onput::tts
