#include "services/tts/program/speech_programs.hpp"

#include <gtest/gtest.h>

namespace onput::tts {
namespace {

constexpr std::string_view voice = R"({"id": "slt", "language": "en-US"})";

// A file of one program with these members beside a name, a command and a voice.
std::string file_with(std::string_view members) {
    return R"({"programs": [{"name": "flite", "command": ["/usr/bin/flite"], "voices": [)" +
           std::string(voice) + "]" + (members.empty() ? "" : ", ") + std::string(members) + "}]}";
}

std::string told(std::string_view file) {
    const auto programs = parse_speech_programs(file);
    return programs ? "good" : programs.error().message;
}

SpeechProgram parsed(std::string_view file) {
    const auto programs = parse_speech_programs(file);
    EXPECT_TRUE(programs) << programs.error().message;
    return programs ? programs->at(0) : SpeechProgram();
}

TEST(SpeechProgramsTest, what_is_left_out_has_a_usual_value) {
    const SpeechProgram program = parsed(file_with(""));
    EXPECT_EQ(program.engine, "standard");
    EXPECT_EQ(program.others, worker::OtherProcesses::none);
    EXPECT_EQ(program.memory_mb, 512U);
    EXPECT_EQ(program.time, std::chrono::seconds(120));
    EXPECT_EQ(program.voices.at(0).voice, "slt");
    EXPECT_EQ(program.voices.at(0).gender, "Male");
    EXPECT_FALSE(program.voices.at(0).is_default);
}

TEST(SpeechProgramsTest, everything_can_be_said) {
    const SpeechProgram program = parsed(
        R"({"programs": [{"name": "piper", "command": ["/opt/piper/piper", "-m", "{voice}"],
            "engine": "neural", "readable": ["/opt/piper"], "processes": true, "memory_mb": 1024,
            "seconds": 300, "voices": [{"id": "Thorsten", "voice": "/opt/piper/thorsten.onnx",
            "language": "de-DE", "name": "Thorsten", "gender": "Male", "default": true}]}]})");
    EXPECT_EQ(program.engine, "neural");
    EXPECT_EQ(program.readable, std::vector<std::string>{"/opt/piper"});
    EXPECT_EQ(program.others, worker::OtherProcesses::allowed);
    EXPECT_EQ(program.memory_mb, 1024U);
    EXPECT_EQ(program.time, std::chrono::seconds(300));
    EXPECT_TRUE(program.voices.at(0).is_default);
}

TEST(SpeechProgramsTest, a_mistake_is_named_with_its_place) {
    EXPECT_EQ(told("{]"), "not JSON: mistake at byte 2");
    EXPECT_EQ(told("[]"), "the file: is not an object");
    EXPECT_EQ(told("{}"), "the file: programs is not a list of at most 16");
    EXPECT_EQ(told(R"({"programs": [1]})"), "programs[0]: is not an object");
    EXPECT_EQ(told(file_with(R"("colour": 1)")), "programs[0]: there is no member 'colour'");
    EXPECT_EQ(told(file_with(R"("engine": "best")")),
              "programs[0]: engine is neither \"standard\" nor \"neural\"");
    EXPECT_EQ(told(file_with(R"("memory_mb": 0)")),
              "programs[0]: memory_mb is not a number from 1 to 65536");
    EXPECT_EQ(told(file_with(R"("seconds": "2")")),
              "programs[0]: seconds is not a number from 1 to 3600");
    EXPECT_EQ(told(file_with(R"("processes": 1)")),
              "programs[0]: processes is neither true nor false");
    EXPECT_EQ(told(file_with(R"("readable": ["here"])")),
              "programs[0]: readable has no whole path");
    EXPECT_EQ(told(R"({"programs": [{"name": "a", "command": ["flite"], "voices": []}]})"),
              "programs[0]: command does not begin with a whole path");
    EXPECT_EQ(told(R"({"programs": [{"name": "a", "command": ["/f", "{text}"], "voices": []}]})"),
              "programs[0]: command: {text} is none of {voice}, {language}, {rate}, {speed}, "
              "{stretch}, {pitch}");
    EXPECT_EQ(told(R"({"programs": [{"name": "a", "command": ["/f"], "voices": []}]})"),
              "programs[0]: voices is not a list of 1 to 64 voices");
    EXPECT_EQ(
        told(R"({"programs": [{"name": "a", "command": ["/f"], "voices": [{"id": "b c"}]}]})"),
        "programs[0].voices[0]: id is not 1 to 64 letters, digits, '-', '_' and '.'");
    EXPECT_EQ(told(R"({"programs": [{"name": "a", "command": ["/f"], "voices": [{"id": "b"}]}]})"),
              "programs[0].voices[0]: language is not a tag like \"de-DE\"");
}

TEST(SpeechProgramsTest, a_voice_is_there_once) {
    EXPECT_EQ(told(R"({"programs": [{"name": "a", "command": ["/f"], "voices": [
                       {"id": "b", "language": "de"}, {"id": "B", "language": "de"}]}]})"),
              "programs[0]: the voice 'B' is there twice");
}

TEST(SpeechProgramsTest, more_programs_and_voices_than_allowed_are_refused) {
    std::string programs;
    for (std::size_t i = 0; i <= speech_programs_max; ++i) programs += i == 0 ? "1" : ",1";
    EXPECT_EQ(told(R"({"programs": [)" + programs + "]}"),
              "the file: programs is not a list of at most 16");
    std::string words;
    for (std::size_t i = 0; i <= program_words_max; ++i) words += i == 0 ? "\"/a\"" : ",\"/a\"";
    EXPECT_EQ(told(file_with("\"readable\": [" + words + "]")),
              "programs[0]: readable is not a list of at most 64 texts");
}

TEST(SpeechProgramsTest, a_command_has_its_places_filled_once) {
    const SpeechProgram program = parsed(
        R"({"programs": [{"name": "a", "command": ["/bin/{voice}", "{voice}", "{rate}/{speed}", "{stretch}",
            "{pitch}{", "x{language}y"], "voices": [{"id": "b", "voice": "{rate}", "language": "de"}]}]})");
    const std::vector<std::string> command =
        command_of(program, program.voices.at(0), {.rate_wpm = 350, .pitch = 70});
    const std::vector<std::string> expected{"/bin/{voice}", "{rate}", "350/2.000",
                                            "0.500",        "70{",    "xdey"};
    EXPECT_EQ(command, expected);
}

TEST(SpeechProgramsTest, a_request_stands_for_a_loaded_voice_only) {
    for (const std::string_view request : {"", "slt", "slt 175", "slt 175 50", "slt x y", "  "})
        EXPECT_FALSE(find_speech_program(request)) << request;
}

}  // namespace
}  // namespace onput::tts
