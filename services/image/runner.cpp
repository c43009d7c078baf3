#include "services/image/runner.hpp"

#include <algorithm>
#include <sys/stat.h>

#include <fmt/format.h>

#include "common/async/co_try.hpp"
#include "common/worker/object_runner.hpp"
#include "services/image/disposal.hpp"
#include "services/image/photo_job.hpp"
#include "services/image/sidecar.hpp"

namespace onput::image {
namespace {

using worker::explained;
using worker::JobEnd;
using worker::ObjectJob;
using Outputs = std::vector<schema::JobOutput>;

// Which photo and which recipe: of all derivatives, because which of them are wanted is known with
// the object's metadata.
Result<void> read_message(PhotoJob& task) {
    const auto& event = task.job.event();
    const auto& lane_job = task.job.lane_job();
    const auto& grant = lane_job.grant;
    task.photo = {.bucket = event.bucket,
                  .key = event.key,
                  .etag = event.etag,
                  .size_bytes = event.size_bytes,
                  .function = lane_job.function,
                  .message_id = grant.message_id,
                  .event_id = grant.event_id.empty() ? grant.message_id : grant.event_id};
    ONPUT_TRY(task.parameters.recipe, choose_recipe(lane_job.configuration, {}));
    ONPUT_TRY(task.recipe, recipe::parse_recipe(task.parameters.recipe));
    return {};
}

// Why nothing is to be made because of this event; empty: there is work.
std::string describe_idle(const PhotoJob& task) {
    const auto& event = task.job.event();
    if (!event.is_created()) return "nothing to do for " + event.event_name;
    if (event.size_bytes == 0 && event.key.ends_with('/'))
        return "nothing to do: " + task.photo.name() + " is a folder's mark";
    if (is_in_quarantine(task.recipe, task.photo))
        return "nothing to do: " + task.photo.name() + " is in quarantine";
    return {};
}

JobEnd nothing_done(std::string why) {
    return schema::JobOutcome{.summary = std::move(why)};
}

// Which object it is that is too large: its deletion must name it.
Task<Result<schema::ObjectInfo>> inspect_too_large(PhotoJob& task) {
    worker::ObjectName name{.bucket = task.photo.bucket, .key = task.photo.key};
    const std::string doing = "inspect " + task.photo.name();
    auto photo = co_await task.job.inspect(std::move(name));
    if (photo && photo->size_bytes > task.recipe.limits.bytes) co_return photo;
    if (photo || photo.error().reason == "no_such_key")
        co_return fail(ErrorCode::unavailable, doing + ": it has just changed");
    co_return explained(std::move(photo), doing);
}

// From here on the task is about this very object.
void take_photo(PhotoJob& task, const schema::ObjectInfo& photo) {
    task.photo.etag = photo.etag;
    task.photo.version_id = photo.version_id;
    task.photo.content_type = photo.content_type;
    task.photo.size_bytes = photo.size_bytes;
}

// What is wrong with the photo as far as its size tells.
std::optional<Rejection> reject_by_size(const PhotoJob& task) {
    const std::uint64_t bytes = task.photo.size_bytes;
    const std::uint64_t limit = task.recipe.limits.bytes;
    if (bytes == 0) return reject("not_an_image", task.photo.name() + " is empty");
    if (bytes <= limit) return {};
    return reject(std::string(too_many_bytes), fmt::format("{} has {} bytes, above the limit of {}",
                                                           task.photo.name(), bytes, limit));
}

// The derivatives that the photo's metadata wants, or all.
Result<void> choose_derivatives(PhotoJob& task, const Metadata& metadata) {
    ONPUT_TRY(task.parameters.recipe, choose_recipe(task.job.lane_job().configuration, metadata));
    ONPUT_TRY(task.recipe, recipe::parse_recipe(task.parameters.recipe));
    task.parameters.input_key = task.photo.key;
    task.parameters.photo_bytes = task.photo.size_bytes;
    for (std::string& name : recipe::watermark_objects(task.recipe))
        task.parameters.watermarks.push_back({.name = std::move(name)});
    return {};
}

std::unexpected<Error> bad_watermark(const std::string& what) {
    return fail(ErrorCode::invalid_argument, what, "bad_watermark");
}

// One after the other, behind the photo in the input file.
Task<Result<void>> fetch_watermarks(PhotoJob& task, std::uint64_t bytes_max) {
    std::uint64_t offset = task.photo.size_bytes;
    for (WatermarkObject& watermark : task.parameters.watermarks) {
        const std::string_view place =
            std::string_view(watermark.name).substr(5);  // After "s3://".
        const auto slash = place.find('/');
        worker::ObjectName object{.bucket = std::string(place.substr(0, slash)),
                                  .key = std::string(place.substr(slash + 1))};
        const ObjectJob::Range to{.offset = offset, .bytes_max = bytes_max};
        auto image = co_await task.job.download(std::move(object), to);
        const std::string name = "watermark " + watermark.name;
        if (!image && (image.error().code == ErrorCode::not_found ||
                       image.error().reason == "object_too_large")) {
            co_return bad_watermark(name + ": " + image.error().message);
        }
        ONPUT_CO_TRY_VOID(explained(image, "download " + name));
        if (image->size_bytes == 0) co_return bad_watermark(name + " is empty");
        watermark.bytes = image->size_bytes;
        offset += image->size_bytes;
    }
    co_return Result<void>();
}

// The child is not trusted: what it says must fit the recipe and the file it wrote.
Result<void> check_result(const PhotoJob& task, const ImageResult& result) {
    const auto& wanted = task.recipe.derivatives;
    const auto& made = result.derivatives;
    const auto& omitted = result.omitted;
    struct stat status{};
    const bool has_file = fstat(task.job.output_fd(), &status) == 0;
    auto left = has_file ? static_cast<std::uint64_t>(status.st_size) : 0;
    std::size_t made_at = 0;
    std::size_t omitted_at = 0;
    bool is_right = made.size() + omitted.size() == wanted.size();
    for (std::size_t index = 0; is_right && index < wanted.size(); ++index) {
        if (omitted_at < omitted.size() && omitted[omitted_at].name == wanted[index].name) {
            ++omitted_at;
            continue;
        }
        is_right = made_at < made.size() && made[made_at].name == wanted[index].name &&
                   made[made_at].bytes <= left;
        left -= is_right ? made[made_at++].bytes : 0;
    }
    if (is_right && left == 0) return {};
    return fail(ErrorCode::internal, "the image job's result does not fit what it wrote",
                "job_result");
}

// They lie one after the other in the output file.
Task<Result<Outputs>> upload_derivatives(PhotoJob& task, const ImageResult& result) {
    Outputs outputs;
    std::uint64_t offset = 0;
    for (const DerivativeResult& derivative : result.derivatives) {
        ONPUT_CO_TRY(const auto object, make_derivative_object(task.photo, task.recipe.output,
                                                               result.photo, derivative));
        const ObjectJob::Part part{.offset = offset, .length = derivative.bytes};
        ONPUT_CO_TRY(const auto put, explained(co_await task.job.upload(object, part),
                                               "upload derivative " + derivative.name));
        outputs.push_back(make_output(object, put, derivative));
        offset += derivative.bytes;
    }
    co_return outputs;
}

Task<Result<schema::JobOutput>> upload_sidecar(PhotoJob& task, const ImageResult& result,
                                               const Outputs& outputs) {
    const auto object = make_sidecar_object(task.photo, task.recipe.output);
    std::string json = make_sidecar(task.photo, result, outputs);
    const DerivativeResult sidecar{.name = "metadata", .bytes = json.size(), .pages = 0};
    ONPUT_CO_TRY(const auto put, explained(co_await task.job.upload_bytes(object, std::move(json)),
                                           "upload the sidecar"));
    co_return make_output(object, put, sidecar);
}

// From a valid size on: child, derivatives, sidecar.
Task<JobEnd> make_derivatives(PhotoJob& task, const Config& config) {
    ONPUT_CO_TRY_VOID(co_await fetch_watermarks(task, config.watermark_bytes_max));
    worker::JobLimits limits = task.job.limits();
    limits.output_bytes = std::uint64_t{config.output_mb_max} << 20;
    auto verdict = co_await task.job.run_child(schema::encode(task.parameters), limits);
    if (!verdict) {
        auto rejection = as_rejection(verdict.error());
        if (rejection) co_return co_await dispose(task, *std::move(rejection));
    }
    ONPUT_CO_TRY(const auto bytes, std::move(verdict));
    ONPUT_CO_TRY(const auto result, schema::decode<ImageResult>(bytes));
    ONPUT_CO_TRY_VOID(check_result(task, result));

    ONPUT_CO_TRY(auto outputs, co_await upload_derivatives(task, result));
    if (task.recipe.sidecar) {
        ONPUT_CO_TRY(auto sidecar, co_await upload_sidecar(task, result, outputs));
        outputs.push_back(std::move(sidecar));
    }
    schema::JobOutcome outcome{.summary = summarise(task.photo, result),
                               .outputs = std::move(outputs)};
    for (const OmittedDerivative& omitted : result.omitted) {
        outcome.omitted.push_back(
            {.name = omitted.name, .reason = omitted.reason, .message = omitted.message});
    }
    co_return outcome;
}

Task<JobEnd> work_on_photo(ObjectJob& job, const Config& config) {
    PhotoJob task{.job = job};
    ONPUT_CO_TRY_VOID(read_message(task));
    if (auto why = describe_idle(task); !why.empty()) co_return nothing_done(std::move(why));

    ONPUT_CO_TRY_VOID(job.open_files());
    auto photo = co_await job.download(task.recipe.limits.bytes);
    if (!photo && photo.error().reason == "object_too_large") {
        ONPUT_CO_TRY(photo, co_await inspect_too_large(task));
    }
    // Gone, or another than the event names: it may have been rejected before a crash.
    const bool is_gone = !photo && photo.error().reason == "no_such_key";
    const bool is_another = photo && !job.event().etag.empty() && job.event().etag != photo->etag;
    if (is_gone || is_another) {
        auto earlier = co_await recall(task);
        if (earlier) co_return *std::move(earlier);
    }
    ONPUT_CO_TRY_VOID(explained(photo, "download " + task.photo.name()));

    take_photo(task, *photo);
    job.derive_from(*photo);
    // An upload by a user has depth 0, and what is done because of it 1.
    if (job.lane_job().grant.trace.depth > 1 &&
        is_made_by(photo->metadata, job.lane_job().function)) {
        co_return nothing_done("nothing to do: " + task.photo.name() +
                               " was made by this function");
    }
    auto rejection = reject_by_size(task);
    if (rejection) co_return co_await dispose(task, *std::move(rejection));
    ONPUT_CO_TRY_VOID(choose_derivatives(task, photo->metadata));
    co_return co_await make_derivatives(task, config);
}

}  // namespace

Result<std::unique_ptr<worker::JobZygote>> make_image_zygote() {
    return worker::JobZygote::create({.name = "image",
                                      .initialise = [] { return load_image_library(); },
                                      .run = run_image_job,
                                      .readable = image_library_files(),
                                      .jobs_max = worker::jobs_running_max});
}

std::unique_ptr<worker::Runner> make_image_runner(runtime::Process& process, const Config& config,
                                                  std::unique_ptr<worker::JobZygote> zygote) {
    return worker::make_object_runner(
        process, config, std::move(zygote),
        [&config](ObjectJob& job) { return work_on_photo(job, config); });
}

Result<std::unique_ptr<runtime::Service>> open_image_worker(
    runtime::Process& process, const Config& config, std::unique_ptr<worker::JobZygote> zygote) {
    return worker::JobWorker::open(process, "image", config.lane,
                                   make_image_runner(process, config, std::move(zygote)));
}

}  // namespace onput::image
