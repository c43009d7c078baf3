// The steps of a long text, each a job of its own (common/schema/lane.hpp):
//
//     split_book       one worker    begins the upload of the MP3, whose last part is the decoded
//                                    text for the time being, and plans the parts
//     speak_book_part  any workers   its bytes of the text ──> child ──> frames ──> a part of the
//                                    upload
//     join_book        one worker    the head as the upload's first part, and its completion, which
//                                    leaves the text out
//
// Until the upload is complete nothing is visible, and no byte is copied by the join. A job that is
// split twice finds the upload that it has begun; a part that is spoken twice replaces itself; a
// join whose answer was lost finds what it has made. A part that fails for good ends the upload.
#pragma once

#include <cstdint>
#include <optional>

#include "common/async/task.hpp"
#include "common/worker/object_job.hpp"
#include "services/tts/job.hpp"
#include "services/tts/request.hpp"

namespace onput::tts {

struct Book {
    const schema::ObjectInfo& text;  // Downloaded.
    const SpeechJob& speech;
    const Output& output;
    // Whether Kokoro is installed, whose parts are much shorter. Which voice speaks is known by the
    // child only that plans the parts.
    bool has_slow_voices = false;
};

// Parts of about `part_length`, longer ones of very long texts, shorter ones where the voice is
// slow. Nothing: the text is one part, and is to be spoken as a whole. text_too_long: a part would
// not be spoken within the time limit.
Task<Result<std::optional<schema::LaneSplit>>> split_book(worker::ObjectJob& job, Book book,
                                                          std::uint64_t part_length);

// Ends the upload that an attempt before has begun, of a text that is to be spoken as a whole now.
Task<Result<void>> drop_begun_book(worker::ObjectJob& job, Output output);

Task<worker::JobEnd> speak_book_part(worker::ObjectJob& job);

Task<worker::JobEnd> join_book(worker::ObjectJob& job);

}  // namespace onput::tts
