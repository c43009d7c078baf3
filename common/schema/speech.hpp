// Speech: what a client asks the tts workers for, and waits for (call.hpp), and the lexicons
// and tasks that the queue service keeps for it. The words are Polly's.
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
    // Version 2 added what follows lexicons.
    static constexpr MessageInfo info{.kind = Kind::synthesize_speech, .version = 2};

    std::string text;  // UTF-8.
    bool is_ssml = false;
    std::string voice;          // Polly's id, "Joanna", or one of ours, "vi", "en-us+f3".
    std::string engine;         // "standard", "neural"; empty: what the voice has.
    std::string language_code;  // "en-US"; empty: the voice's.
    std::string format;         // "mp3", "ogg_vorbis", "ogg_opus", "pcm", "mulaw", "alaw", "json".
    std::uint32_t sample_rate = 0;   // Hertz; 0: the format's and voice's own.
    std::vector<std::string> marks;  // Of the format json: "sentence", "word", "viseme", "ssml".
    std::vector<Lexicon> lexicons;   // In the order of their use.
    // Say nothing: end well where all that was asked for can be spoken, else as speaking would.
    bool checks_only = false;
    std::uint32_t duration_ms_max = 0;  // What lasts longer is cut off; 0: nothing is.

    ONPUT_FIELDS(text, is_ssml, voice, engine, language_code, format, sample_rate, marks, lexicons,
                 checks_only, duration_ms_max)
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

// A lexicon as it is kept: of one account and region. Whoever puts it has parsed it.
struct LexiconInfo {
    static constexpr MessageInfo info{.kind = Kind::lexicon_info};

    Lexicon lexicon;
    std::string arn;            // arn:aws:polly:<region>:<account>:lexicon/<name>
    std::string alphabet;       // "ipa", "x-sampa"
    std::string language_code;  // "en-US"
    std::uint32_t lexemes = 0;
    std::uint32_t characters = 0;  // Of its content.
    Timestamp modified_at;

    ONPUT_FIELDS(lexicon, arn, alphabet, language_code, lexemes, characters, modified_at)
    friend bool operator==(const LexiconInfo&, const LexiconInfo&) = default;
};

// Creates or replaces. `arn` and `modified_at` are filled in. resource_exhausted, reason
// MaxLexiconsNumberExceededException.
struct PutLexicon {
    static constexpr MessageInfo info{.kind = Kind::put_lexicon};
    static constexpr std::string_view method = "queue.put_lexicon";
    using Reply = LexiconInfo;

    LexiconInfo lexicon;

    ONPUT_FIELDS(lexicon)
    friend bool operator==(const PutLexicon&, const PutLexicon&) = default;
};

// not_found, reason LexiconNotFoundException.
struct GetLexicon {
    static constexpr MessageInfo info{.kind = Kind::get_lexicon};
    static constexpr std::string_view method = "queue.get_lexicon";
    using Reply = LexiconInfo;

    std::string name;

    ONPUT_FIELDS(name)
    friend bool operator==(const GetLexicon&, const GetLexicon&) = default;
};

struct LexiconList {
    static constexpr MessageInfo info{.kind = Kind::lexicon_list};

    std::vector<LexiconInfo> lexicons;  // By name, without their contents.

    ONPUT_FIELDS(lexicons)
    friend bool operator==(const LexiconList&, const LexiconList&) = default;
};

struct ListLexicons {
    static constexpr MessageInfo info{.kind = Kind::list_lexicons};
    static constexpr std::string_view method = "queue.list_lexicons";
    using Reply = LexiconList;

    ONPUT_FIELDS()
    friend bool operator==(const ListLexicons&, const ListLexicons&) = default;
};

struct DeleteLexicon {
    static constexpr MessageInfo info{.kind = Kind::delete_lexicon};
    static constexpr std::string_view method = "queue.delete_lexicon";
    using Reply = Empty;

    std::string name;

    ONPUT_FIELDS(name)
    friend bool operator==(const DeleteLexicon&, const DeleteLexicon&) = default;
};

// The function whose jobs are speech tasks: of every account that has had one. No user's function
// can have the name.
inline constexpr std::string_view speech_task_function = "onput.polly";

// A speech that becomes an object, whoever waits. Its job's message has the task's id.
struct SpeechTask {
    // Versions of it, and of what holds it, are raised with its speech's.
    static constexpr MessageInfo info{.kind = Kind::speech_task, .version = 2};

    std::string task_id;  // A UUID.
    std::string status;   // "scheduled", "inProgress", "completed", "failed"
    std::string status_reason;
    Timestamp created_at;
    std::uint64_t characters = 0;  // That are billed.
    std::string output_bucket;
    std::string output_key;
    std::string output_uri;
    std::string content_type;
    std::string topic_arn;      // Told of its end; empty: nobody is.
    std::uint64_t message = 0;  // The number of its job in the function's queue.
    Timestamp ended_at;         // By the clock that ages go by.
    std::string region;         // Where it was started.
    SynthesizeSpeech speech;    // In rows without the text and the lexicons' contents.

    ONPUT_FIELDS(task_id, status, status_reason, created_at, characters, output_bucket, output_key,
                 output_uri, content_type, topic_arn, message, ended_at, region, speech)
    friend bool operator==(const SpeechTask&, const SpeechTask&) = default;
};

// The task as its client wants it; id, status and times are filled in, and the id's place in key
// and URI: "{id}". resource_exhausted, reason ThrottlingException: too many are kept.
struct StartSpeechTask {
    static constexpr MessageInfo info{.kind = Kind::start_speech_task, .version = 2};
    static constexpr std::string_view method = "queue.start_speech_task";
    using Reply = SpeechTask;

    SpeechTask task;

    ONPUT_FIELDS(task)
    friend bool operator==(const StartSpeechTask&, const StartSpeechTask&) = default;
};

// not_found, reason SynthesisTaskNotFoundException.
struct GetSpeechTask {
    static constexpr MessageInfo info{.kind = Kind::get_speech_task};
    static constexpr std::string_view method = "queue.get_speech_task";
    using Reply = SpeechTask;

    std::string task_id;

    ONPUT_FIELDS(task_id)
    friend bool operator==(const GetSpeechTask&, const GetSpeechTask&) = default;
};

struct SpeechTaskList {
    static constexpr MessageInfo info{.kind = Kind::speech_task_list, .version = 2};

    std::vector<SpeechTask> tasks;
    std::string next;  // What the next page begins after; empty: there is none.

    ONPUT_FIELDS(tasks, next)
    friend bool operator==(const SpeechTaskList&, const SpeechTaskList&) = default;
};

// By creation, the oldest first.
struct ListSpeechTasks {
    static constexpr MessageInfo info{.kind = Kind::list_speech_tasks};
    static constexpr std::string_view method = "queue.list_speech_tasks";
    using Reply = SpeechTaskList;

    std::string status;  // Empty: any.
    std::uint32_t tasks_max = 100;
    std::string after;

    ONPUT_FIELDS(status, tasks_max, after)
    friend bool operator==(const ListSpeechTasks&, const ListSpeechTasks&) = default;
};

}  // namespace onput::schema
