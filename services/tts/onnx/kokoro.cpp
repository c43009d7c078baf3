#include "services/tts/onnx/kokoro.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "services/tts/onnx/voices.hpp"

namespace onput::tts {
namespace {

constexpr std::string_view model_file = "kokoro/kokoro.onnx";
// How many units of 25 ms each sound has: an inner tensor of the net.
constexpr std::string_view durations_tensor = "/encoder/Cast_output_0";
constexpr std::int64_t edge = 0;  // The token at both ends of a line.

struct Token {
    char32_t symbol;
    std::int64_t number;
};

// Its authors' vocabulary.
constexpr auto tokens = std::to_array<Token>({
    // clang-format off
    {U';', 1}, {U':', 2}, {U',', 3}, {U'.', 4}, {U'!', 5}, {U'?', 6}, {U'—', 9}, {U'…', 10},
    {U'"', 11}, {U'(', 12}, {U')', 13}, {U'“', 14}, {U'”', 15}, {U' ', 16}, {U'\u0303', 17},
    {U'ʣ', 18}, {U'ʥ', 19}, {U'ʦ', 20}, {U'ʨ', 21}, {U'ᵝ', 22}, {U'ꭧ', 23}, {U'A', 24},
    {U'I', 25}, {U'O', 31}, {U'Q', 33}, {U'S', 35}, {U'T', 36}, {U'W', 39}, {U'Y', 41},
    {U'ᵊ', 42}, {U'a', 43}, {U'b', 44}, {U'c', 45}, {U'd', 46}, {U'e', 47}, {U'f', 48},
    {U'h', 50}, {U'i', 51}, {U'j', 52}, {U'k', 53}, {U'l', 54}, {U'm', 55}, {U'n', 56},
    {U'o', 57}, {U'p', 58}, {U'q', 59}, {U'r', 60}, {U's', 61}, {U't', 62}, {U'u', 63},
    {U'v', 64}, {U'w', 65}, {U'x', 66}, {U'y', 67}, {U'z', 68}, {U'ɑ', 69}, {U'ɐ', 70},
    {U'ɒ', 71}, {U'æ', 72}, {U'β', 75}, {U'ɔ', 76}, {U'ɕ', 77}, {U'ç', 78}, {U'ɖ', 80},
    {U'ð', 81}, {U'ʤ', 82}, {U'ə', 83}, {U'ɚ', 85}, {U'ɛ', 86}, {U'ɜ', 87}, {U'ɟ', 90},
    {U'ɡ', 92}, {U'ɥ', 99}, {U'ɨ', 101}, {U'ɪ', 102}, {U'ʝ', 103}, {U'ɯ', 110}, {U'ɰ', 111},
    {U'ŋ', 112}, {U'ɳ', 113}, {U'ɲ', 114}, {U'ɴ', 115}, {U'ø', 116}, {U'ɸ', 118}, {U'θ', 119},
    {U'œ', 120}, {U'ɹ', 123}, {U'ɾ', 125}, {U'ɻ', 126}, {U'ʁ', 128}, {U'ɽ', 129}, {U'ʂ', 130},
    {U'ʃ', 131}, {U'ʈ', 132}, {U'ʧ', 133}, {U'ʊ', 135}, {U'ʋ', 136}, {U'ʌ', 138}, {U'ɣ', 139},
    {U'ɤ', 140}, {U'χ', 142}, {U'ʎ', 143}, {U'ʒ', 147}, {U'ʔ', 148}, {U'ˈ', 156}, {U'ˌ', 157},
    {U'ː', 158}, {U'ʰ', 162}, {U'ʲ', 164}, {U'↓', 169}, {U'→', 171}, {U'↗', 172}, {U'↘', 173},
    {U'ᵻ', 177},
    // clang-format on
});

using Styles = std::map<std::string, std::vector<float>, std::less<>>;

// Numbers of 32 bits, little end first.
Result<std::vector<float>> read_styles(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (bytes.size() != kokoro_tokens_max * style_numbers * sizeof(float))
        return fail(ErrorCode::invalid_argument, path + " holds no styles of a voice");
    std::vector<float> styles(kokoro_tokens_max * style_numbers);
    std::memcpy(styles.data(), bytes.data(), bytes.size());
    return styles;
}

}  // namespace

bool has_kokoro_pack(const std::string& folder) {
    std::error_code ignored;
    return !folder.empty() &&
           std::filesystem::exists(folder + "/" + std::string(model_file), ignored);
}

std::int64_t kokoro_token(char32_t symbol) {
    const auto* const found = std::ranges::find(tokens, symbol, &Token::symbol);
    return found == tokens.end() ? 0 : found->number;
}

std::span<const float> style_of(std::span<const float> styles, std::size_t tokens_of_line) {
    const std::size_t count = styles.size() / style_numbers;
    if (count == 0) return {};
    return styles.subspan(std::min(tokens_of_line, count - 1) * style_numbers, style_numbers);
}

KokoroNet::KokoroNet(OnnxNet net, Styles styles)
    : net_(std::move(net)), styles_(std::move(styles)) {}

Result<KokoroNet> KokoroNet::load(const std::string& library, const std::string& folder) {
    Styles styles;
    for (const KokoroVoice& voice : kokoro_voices()) {
        const std::string path = fmt::format("{}/{}/{}.bin", folder, kokoro_name, voice.id);
        ONPUT_TRY(styles[std::string(voice.id)], read_styles(path));
    }
    ONPUT_TRY(OnnxNet net, OnnxNet::load(library, folder + "/" + std::string(model_file),
                                         {.inputs = {"tokens", "style", "speed"},
                                          .outputs = {"audio"},
                                          .revealed = std::string(durations_tensor)}));
    return KokoroNet(std::move(net), std::move(styles));
}

Result<SpokenLine> KokoroNet::speak(const Line& line, const Manner& manner) const {
    const auto styles = styles_.find(manner.voice);
    ONPUT_CHECK(styles != styles_.end());
    std::vector<std::int64_t> numbers{edge};
    std::vector<std::size_t> known;
    for (std::size_t i = 0; i < line.sounds.size(); ++i) {
        const std::int64_t number = kokoro_token(line.sounds[i].symbol);
        if (number == 0) continue;
        numbers.push_back(number);
        known.push_back(i);
    }
    numbers.push_back(edge);
    ONPUT_CHECK(known.size() <= kokoro_tokens_max);
    const auto speed = static_cast<float>(manner.speed);
    const std::array<OnnxNet::Input, 3> inputs{
        {{.shape = {1, static_cast<std::int64_t>(numbers.size())}, .integers = numbers},
         {.shape = {1, style_numbers}, .floats = style_of(styles->second, known.size())},
         {.shape = {1}, .floats = std::span(&speed, 1)}}};
    ONPUT_TRY(const auto outputs, net_.run(inputs));
    const std::span<const float> waves = outputs[0].floats();
    SpokenLine spoken;
    spoken.samples.resize(waves.size());
    const auto volume = static_cast<float>(manner.volume);
    std::ranges::transform(waves, spoken.samples.begin(),
                           [volume](float wave) { return to_sample(wave * volume); });
    ONPUT_TRY(spoken.sound_begins, sound_begins(outputs.back().integers(), known,
                                                line.sounds.size(), spoken.samples.size()));
    return spoken;
}

}  // namespace onput::tts
