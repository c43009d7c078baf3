// Speech: what a client asks the tts workers for, and waits for (call.hpp). The words are Polly's.
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

// A pronunciation lexicon: a document of W3C's PLS 1.0.
struct Lexicon {
    std::string name = {};
    std::string content = {};

    ONPUT_FIELDS(name, content)
    friend bool operator==(const Lexicon&, const Lexicon&) = default;
};

// The task of a call, whose pieces are the sound, or the speech marks, a JSON object a line. Errors
// of what was asked for are invalid_argument; their reason is the name of Polly's exception:
// "InvalidSsmlException", "LanguageNotSupportedException", "EngineNotSupportedException",
// "InvalidLexiconException"; or no_such_voice.
struct SynthesizeSpeech {
    static constexpr MessageInfo info{.kind = Kind::synthesize_speech};

    std::string text;  // UTF-8.
    bool is_ssml = false;
    std::string voice;          // Polly's id, "Joanna", or one of ours, "vi", "en-us+f3".
    std::string engine;         // "standard", "neural"; empty: what the voice has.
    std::string language_code;  // "en-US"; empty: the voice's.
    std::string format;         // "mp3", "ogg_vorbis", "ogg_opus", "pcm", "mulaw", "alaw", "json".
    std::uint32_t sample_rate = 0;   // Hertz; 0: the format's and voice's own.
    std::vector<std::string> marks;  // Of the format json: "sentence", "word", "viseme", "ssml".
    std::vector<Lexicon> lexicons;   // In the order of their use.

    ONPUT_FIELDS(text, is_ssml, voice, engine, language_code, format, sample_rate, marks, lexicons)
    friend bool operator==(const SynthesizeSpeech&, const SynthesizeSpeech&) = default;
};

// The result of that call.
struct SpeechSynthesized {
    static constexpr MessageInfo info{.kind = Kind::speech_synthesized};

    std::string voice;  // Ours: "en-us+f3".
    std::string language;
    std::uint64_t characters = 0;  // Spoken: without tags.
    std::uint64_t duration_ms = 0;

    ONPUT_FIELDS(voice, language, characters, duration_ms)
    friend bool operator==(const SpeechSynthesized&, const SpeechSynthesized&) = default;
};

// The task of a call without pieces; its result is a VoiceList.
struct ListVoices {
    static constexpr MessageInfo info{.kind = Kind::list_voices};

    ONPUT_FIELDS()
    friend bool operator==(const ListVoices&, const ListVoices&) = default;
};

struct VoiceInfo {
    std::string id = {};             // "Joanna", "vi"
    std::string name = {};           // For people.
    std::string gender = {};         // "Female", "Male"
    std::string language_code = {};  // "en-US"
    std::string language_name = {};  // "US English"
    std::vector<std::string> engines = {};
    std::vector<std::string> additional_language_codes = {};
    std::string voice = {};  // Ours, that stands behind it: "en-us+f3".

    ONPUT_FIELDS(id, name, gender, language_code, language_name, engines, additional_language_codes,
                 voice)
    friend bool operator==(const VoiceInfo&, const VoiceInfo&) = default;
};

struct VoiceList {
    static constexpr MessageInfo info{.kind = Kind::voice_list};

    std::vector<VoiceInfo> voices;  // Polly's first, then ours, by id.

    ONPUT_FIELDS(voices)
    friend bool operator==(const VoiceList&, const VoiceList&) = default;
};

}  // namespace onput::schema
