// From a function's message to what is asked of a photo, and to the objects that come of it. Pure.
#pragma once

#include <map>
#include <string>

#include "common/base/result.hpp"
#include "common/recipe/recipe.hpp"
#include "common/schema/lane.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/image/job.hpp"

namespace onput::image {

using Metadata = std::map<std::string, std::string>;

// The photo that a message is about, for whatever is written because of it.
struct Subject {
    std::string bucket;
    std::string key;
    std::string etag;
    std::string version_id;
    std::string content_type;
    std::uint64_t size_bytes = 0;
    std::string function;
    std::string message_id;
    std::string event_id;  // The message's id where there is no event.

    [[nodiscard]] std::string name() const { return "s3://" + bucket + "/" + key; }
    // Idempotency key of one thing made of it: the same when the message is worked on again, unless
    // the photo was replaced meanwhile.
    [[nodiscard]] std::string work_id(const std::string& thing) const {
        return message_id + "/" + etag + "/" + thing;
    }
};

// The function's configuration, with only those derivatives that metadata `onput-derivatives`
// ("thumbnail, web") of the photo names, if it does. invalid_argument `bad_recipe` without a
// configuration, `bad_derivatives` for a name that the recipe does not have.
Result<std::string> choose_recipe(const std::string& configuration, const Metadata& metadata);

// True when the object has the mark of this function, which it may also have as a copy made by a
// user: ask the trace too.
bool is_made_by(const Metadata& metadata, const std::string& function);

// True when the photo lies where this recipe's quarantine is: it was judged already.
bool is_in_quarantine(const recipe::Recipe& recipe, const Subject& photo);

// The object of one derivative; its size and ETag are filled in with its bytes. Metadata:
//   onput-width, -height, -format            of the derivative
//   onput-photo-width, -height, -format, -dominant-color
//   onput-source, onput-source-etag, onput-function
// Texts are percent-encoded beyond printable ASCII. Together they stay within S3's 2 KB: a source
// whose name is too long for that is left out.
Result<schema::PutObject> make_derivative_object(const Subject& photo, const recipe::Place& output,
                                                 const PhotoFacts& facts,
                                                 const DerivativeResult& derivative);

// The JSON object beside them: its place and headers.
schema::PutObject make_sidecar_object(const Subject& photo, const recipe::Place& output);

// One object that a job has made, for its outcome.
schema::JobOutput make_output(const schema::PutObject& object, const schema::ObjectPut& put,
                              const DerivativeResult& derivative);

// "jpeg 4000x3000 from s3://inbox/tom.jpg: thumbnail 320x240 12.3 kB, web 1600x1200 180.0 kB"; of
// omitted ones "; not made: tall (bad_recipe: ...)" follows.
std::string summarise(const Subject& photo, const ImageResult& result);

// For user metadata, which is ASCII: whatever is not printable, and '%', becomes %XX.
std::string to_header_text(std::string_view text);

// Adds to metadata unless it would then exceed S3's limit. False: it was left out.
bool add_within_limit(Metadata& metadata, const std::string& name, std::string value);

}  // namespace onput::image
