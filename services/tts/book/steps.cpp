#include "services/tts/book/steps.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/async/co_try.hpp"
#include "services/tts/book/messages.hpp"
#include "services/tts/book/mp3_head.hpp"
#include "services/tts/joined_upload.hpp"
#include "services/tts/output_file.hpp"
#include "services/tts/prose/prose.hpp"
#include "services/tts/recording.hpp"

namespace onput::tts {
namespace {

using worker::explained;
using worker::JobEnd;
using worker::ObjectJob;

// A text up to so many parts' length is one job: whoever waits for it waits no longer for one
// worker than for a split, its parts and their join.
constexpr std::uint64_t whole_parts = 2;
// Of very long texts parts grow, so that there are no more than about so many.
constexpr std::uint64_t parts_wanted_max = 1000;
constexpr std::uint64_t plan_bytes_max = 1024 * 1024;
constexpr std::uint64_t part_bytes_max = 64ULL * 1024 * 1024;  // Of the text.
// A part takes no more than this share of the time limit, however slow its text is.
constexpr std::uint64_t time_share = 2;
constexpr std::uint32_t first_sound_part = 2;  // Of the upload; the head is part 1.
// The decoded text, for the parts to read: it is left out when the upload is completed.
constexpr std::uint32_t text_part = schema::part_number_max;
static_assert(first_sound_part + schema::job_parts_max <= text_part);

Result<std::string> read_plan(int fd, const SpeechResult& planned) {
    const std::uint64_t begin = planned.text_bytes;
    if (planned.output_bytes < begin || planned.output_bytes - begin > plan_bytes_max)
        return fail(ErrorCode::internal, "the plan of a book is too long");
    std::string text(planned.output_bytes - begin, '\0');
    auto read = read_at(fd, begin, text);
    if (!read) return std::unexpected(std::move(read).error().with_context("the plan of a book"));
    return text;
}

std::unexpected<Error> too_long(const SpeechResult& planned, const SpeechJob& speech) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("the text has {} characters, and {} parts of about {}, which can be "
                    "spoken within the function's time limit, are not enough: split the "
                    "text, or raise the limit",
                    planned.characters, schema::job_parts_max, speech.characters_max / time_share),
        "text_too_long");
}

std::unexpected<Error> replaced(const worker::S3Event& event) {
    return fail(ErrorCode::conflict,
                "s3://" + event.bucket + "/" + event.key + " was replaced by a newer upload",
                "superseded");
}

schema::LaneSplit make_split(const BookPlan& plan, BookJoin join, BookPart part) {
    schema::LaneSplit split;
    for (const PartRange& range : plan.parts) {
        part.range = range;
        part.speech.end = range.end - range.begin;
        part.speech.headings = headings_within(plan.headings, range);
        split.tasks.push_back(schema::encode(part));
    }
    join.chapters = plan.chapters;
    split.plan = schema::encode(join);
    return split;
}

BookPartResult result_of(const SpeechResult& spoken, const LeftOut& left_out,
                         const schema::ObjectPut& put) {
    return {.etag = put.etag,
            .bytes = spoken.output_bytes,
            .frames = spoken.frames,
            .segments = spoken.segments,
            .chapters = spoken.chapters,
            .left_out = static_cast<std::uint32_t>(left_out.count),
            .left_out_phrases = left_out.named,
            .languages = spoken.languages};
}

// --- What the join says of all parts ------------------------------------------------------------

struct JoinedBook {
    SpeechResult speech;
    LeftOut left_out;
    std::string head;
    std::vector<schema::CompletedPart> upload_parts;  // Without the head.
};

std::vector<Mp3Chapter> chapters_of(const BookJoin& book,
                                    const std::vector<BookPartResult>& results) {
    std::vector<Mp3Chapter> chapters;
    std::uint64_t frames_before = 0;
    std::size_t next = 0;
    for (std::uint32_t part = 0; part < results.size(); ++part) {
        for (; next < book.chapters.size() && book.chapters[next].part == part; ++next) {
            const Chapter& chapter = book.chapters[next];
            if (chapter.heading >= results[part].chapters.size()) continue;
            chapters.push_back(
                {.title = chapter.title,
                 .begin_ms = frames_ms(frames_before + results[part].chapters[chapter.heading])});
        }
        frames_before += results[part].frames;
    }
    return chapters;
}

// Those that are not among `all` yet.
void add_languages(const std::vector<std::string>& more, std::vector<std::string>& all) {
    for (const std::string& language : more) {
        const bool is_new = std::ranges::find(all, language) == all.end();
        if (is_new && all.size() < languages_named_max) all.push_back(language);
    }
}

Result<JoinedBook> join_results(const BookJoin& book, const std::vector<std::string>& encoded) {
    JoinedBook joined{.speech = book.speech};
    std::vector<BookPartResult> results;
    std::vector<Mp3Part> parts;
    std::uint64_t frames = 0;
    joined.speech.output_bytes = 0;
    for (const std::string& bytes : encoded) {
        if (bytes.empty()) {
            return fail(ErrorCode::invalid_argument,
                        "the text of a part was replaced while it was spoken", "another_split");
        }
        ONPUT_TRY(auto result, schema::decode<BookPartResult>(bytes));
        frames += result.frames;
        joined.speech.segments += result.segments;
        joined.speech.output_bytes += result.bytes;
        joined.left_out.add({.count = result.left_out, .named = result.left_out_phrases});
        add_languages(result.languages, joined.speech.languages);
        parts.push_back({.frames = result.frames, .bytes = result.bytes});
        joined.upload_parts.push_back(
            {.number = first_sound_part + static_cast<std::uint32_t>(results.size()),
             .etag = result.etag});
        results.push_back(std::move(result));
    }
    if (joined.speech.segments == 0) {
        return fail(ErrorCode::invalid_argument,
                    "all of the text crashes the speech engine, or is in letters that no voice "
                    "reads: choose another voice",
                    "nothing_to_say");
    }
    joined.speech.duration_ms = heard_ms(frames);
    joined.head = make_mp3_head(book.title, chapters_of(book, results), parts);
    joined.speech.output_bytes += joined.head.size();
    return joined;
}

Task<Result<schema::ObjectPut>> complete(ObjectJob& job, const BookJoin& book, JoinedBook& joined) {
    schema::PutObject head;
    head.bucket = book.bucket;
    head.key = book.key;
    head.part = schema::PartTarget{.upload_id = book.upload_id, .number = first_sound_part - 1};
    ONPUT_CO_TRY(const auto put, explained(co_await job.upload_bytes(std::move(head), joined.head),
                                           "upload the head of the recording"));
    schema::CompleteUpload upload{
        .bucket = book.bucket, .key = book.key, .upload_id = book.upload_id};
    upload.parts.push_back({.number = first_sound_part - 1, .etag = put.etag});
    std::ranges::move(joined.upload_parts, std::back_inserter(upload.parts));
    upload.metadata = recording_metadata(joined.speech, joined.left_out);
    co_return co_await complete_joined(job, std::move(upload), first_sound_part - 1);
}

JobEnd outcome_of(const BookJoin& book, const JoinedBook& joined, const schema::ObjectPut& put) {
    const Output output{.bucket = book.bucket,
                        .key = book.key,
                        .content_type = std::string(recording_content_type)};
    return make_outcome(output, joined.speech, joined.left_out, put);
}

// The end of a join that another attempt has made, whose answer was lost. One that was to put the
// parts away knows no results.
JobEnd made_before(const BookJoin& book, const schema::JobJoin& join,
                   const schema::ObjectPut& put) {
    auto joined = join_results(book, join.results);
    if (!joined) {
        joined = JoinedBook{.speech = book.speech};
        joined->speech.output_bytes = 0;
    }
    return outcome_of(book, *joined, put);
}

// The same one for each attempt of a job.
schema::PutObject upload_of(const ObjectJob& job, const Output& output) {
    schema::PutObject object;
    object.bucket = output.bucket;
    object.key = output.key;
    object.content_type = recording_content_type;
    object.idempotency_key = job.lane_job().grant.message_id;
    return object;
}

// Nothing of the book is kept.
Task<JobEnd> give_up(ObjectJob& job, const BookJoin& book, Error why) {
    const schema::AbortUpload upload{
        .bucket = book.bucket, .key = book.key, .upload_id = book.upload_id};
    ONPUT_CO_TRY_VOID(explained(co_await job.abort_upload(upload), "end the upload of the parts"));
    co_return std::unexpected(std::move(why));
}

}  // namespace

Task<Result<std::optional<schema::LaneSplit>>> split_book(ObjectJob& job, Book book,
                                                          std::uint64_t part_length) {
    using Split = std::optional<schema::LaneSplit>;
    // What is compressed may be any number of times as long.
    const bool is_compressed = book.speech.document == epub_type;
    const std::uint64_t slow_length =
        std::max<std::uint64_t>(book.speech.characters_max / time_share / kokoro_slowness, 1);
    const std::uint64_t whole_max =
        book.has_slow_voices ? std::min(part_length, slow_length)
                             : std::min(whole_parts * part_length, book.speech.characters_max);
    if (!is_compressed && book.text.size_bytes <= whole_max) co_return Split();
    SpeechJob planning = book.speech;
    planning.plan_length =
        std::min(std::max(part_length, book.text.size_bytes / parts_wanted_max),
                 std::max<std::uint64_t>(book.speech.characters_max / time_share, 1));
    planning.natural_plan_length = std::min(
        planning.plan_length,
        std::max<std::uint64_t>(book.speech.characters_max / time_share / natural_slowness, 1));
    planning.slow_plan_length = std::min(planning.natural_plan_length, slow_length);
    planning.characters_max = 0;
    ONPUT_CO_TRY(const auto encoded,
                 co_await job.run_child(schema::encode(planning), job.limits()));
    ONPUT_CO_TRY(const auto planned, schema::decode<SpeechResult>(encoded));
    ONPUT_CO_TRY(const auto bytes, read_plan(job.output_fd(), planned));
    ONPUT_CO_TRY(const auto plan, schema::decode<BookPlan>(bytes));
    if (plan.parts.size() <= 1) co_return Split();
    if (plan.parts.size() > schema::job_parts_max) co_return too_long(planned, book.speech);

    auto object = upload_of(job, book.output);
    ONPUT_CO_TRY(const auto upload, explained(co_await job.create_upload(std::move(object)),
                                              "begin the upload of the recording"));
    schema::PutObject text;
    text.bucket = book.output.bucket;
    text.key = book.output.key;
    text.part = schema::PartTarget{.upload_id = upload.upload_id, .number = text_part};
    const ObjectJob::Part decoded{.length = planned.text_bytes};
    ONPUT_CO_TRY(const auto text_put, explained(co_await job.upload(std::move(text), decoded),
                                                "upload the text of the parts"));
    BookPart part{.bucket = book.output.bucket,
                  .key = book.output.key,
                  .upload_id = upload.upload_id,
                  .sequencer = book.text.sequencer,
                  .speech = book.speech,
                  .text_etag = text_put.etag};
    part.speech.title.clear();
    // The text is decoded.
    part.speech.charset.clear();
    part.speech.document.clear();
    part.speech.object_voice = planned.voice;
    part.speech.by_paragraph = planned.chosen_by == "text";
    part.speech.characters_max = 0;
    BookJoin join{.bucket = book.output.bucket,
                  .key = book.output.key,
                  .upload_id = upload.upload_id,
                  .sequencer = book.text.sequencer,
                  .title = book.speech.title,
                  .speech = planned};
    co_return make_split(plan, std::move(join), std::move(part));
}

Task<Result<void>> drop_begun_book(ObjectJob& job, Output output) {
    worker::ObjectName name{.bucket = std::move(output.bucket), .key = std::move(output.key)};
    co_return co_await drop_begun(job, std::move(name));
}

Task<JobEnd> speak_book_part(ObjectJob& job) {
    const schema::JobPart& part = *job.lane_job().grant.part;
    ONPUT_CO_TRY(const auto task, schema::decode<BookPart>(part.task));
    ONPUT_CO_TRY_VOID(job.open_files());
    worker::ObjectName source{.bucket = job.event().bucket, .key = job.event().key};
    ONPUT_CO_TRY(const auto text,
                 explained(co_await job.inspect(std::move(source)), "find the text"));
    if (text.sequencer != task.sequencer) co_return replaced(job.event());
    job.derive_from(text);
    worker::ObjectName recording{.bucket = task.bucket, .key = task.key};
    const worker::ObjectClient::PartBytes bytes{
        .part = {.upload_id = task.upload_id, .number = text_part},
        .begin = task.range.begin,
        .end = task.range.end};
    const ObjectJob::Range file{.bytes_max = part_bytes_max};
    const auto downloaded = co_await job.download_part(std::move(recording), bytes, file);
    ONPUT_CO_TRY(const auto decoded, explained(downloaded, "download a part of the text"));
    // Of another text, which another worker has begun to split meanwhile.
    if (decoded.etag != task.text_etag) co_return replaced(job.event());
    PhraseSearch search(task.speech);
    ONPUT_CO_TRY(const auto spoken, co_await run_children(job, search));
    schema::PutObject frames;
    frames.bucket = task.bucket;
    frames.key = task.key;
    frames.part = schema::PartTarget{.upload_id = task.upload_id,
                                     .number = first_sound_part + part.number - 1};
    const ObjectJob::Part whole_file;
    ONPUT_CO_TRY(const auto put, explained(co_await job.upload(std::move(frames), whole_file),
                                           "upload a part of the recording"));
    schema::JobOutcome outcome;
    outcome.summary =
        fmt::format("{:.1f} s of speech", static_cast<double>(spoken.duration_ms) / 1000);
    const LeftOut left_out = left_out_of(search, spoken);
    outcome.summary += describe_left_out(left_out);
    outcome.part_result = schema::encode(result_of(spoken, left_out, put));
    co_return outcome;
}

// What is final is followed by a join that puts the parts away.
Task<JobEnd> join_book(ObjectJob& job) {
    const schema::JobJoin& join = *job.lane_job().grant.join;
    ONPUT_CO_TRY(const auto book, schema::decode<BookJoin>(join.plan));
    const worker::ObjectName output{.bucket = book.bucket, .key = book.key};
    JobEnd failed;
    if (!join.failure_code.empty()) {
        Error failure{.code = ErrorCode::invalid_argument,
                      .message = join.failure_message,
                      .reason = join.failure_code};
        failed = co_await give_up(job, book, std::move(failure));
    }
    // After the upload's end, which nobody completes any more.
    ONPUT_CO_TRY(const auto made, co_await find_completed(job, output));
    if (made) co_return made_before(book, join, *made);
    if (!join.failure_code.empty()) co_return failed;
    // A part that saw another text has no result.
    worker::ObjectName name{.bucket = job.event().bucket, .key = job.event().key};
    const auto text = explained(co_await job.inspect(std::move(name)), "find the text");
    if (!text && text.error().code != ErrorCode::invalid_argument)
        co_return std::unexpected(text.error());
    if (!text) co_return co_await give_up(job, book, text.error());
    if (text->sequencer != book.sequencer) {
        Error superseded = replaced(job.event()).error();
        co_return co_await give_up(job, book, std::move(superseded));
    }
    ONPUT_CO_TRY(auto joined, join_results(book, join.results));
    const auto put = co_await complete(job, book, joined);
    if (put) co_return outcome_of(book, joined, *put);
    if (put.error().reason == "superseded") co_return co_await give_up(job, book, put.error());
    // Another attempt, which was thought dead, may have been faster.
    ONPUT_CO_TRY(const auto made_meanwhile, co_await find_completed(job, output));
    if (made_meanwhile) co_return made_before(book, join, *made_meanwhile);
    co_return std::unexpected(put.error());
}

}  // namespace onput::tts
