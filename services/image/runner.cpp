#include "services/image/runner.hpp"

#include <algorithm>
#include <sys/stat.h>

#include <fmt/format.h>

#include "common/worker/child_jobs.hpp"
#include "services/image/disposal.hpp"
#include "services/image/photo_task.hpp"
#include "services/image/sidecar.hpp"

namespace onput::image {
namespace {

using worker::FileDescriptor;
using worker::JobId;
using worker::temporary_file;

// The words for an event of which nothing is to be made; empty: there is work.
std::string describe_idle(const PhotoTask& task) {
    if (!task.event.is_created()) return "nothing to do for " + task.event.event_name;
    if (task.event.size_bytes == 0 && task.event.key.ends_with('/'))
        return "nothing to do: " + task.photo.name() + " is a folder's mark";
    if (is_in_quarantine(task.recipe, task.photo))
        return "nothing to do: " + task.photo.name() + " is in quarantine";
    return {};
}

// The child is not trusted: what it says must fit the recipe and the file it wrote.
Result<void> check_result(const PhotoTask& task) {
    const auto& wanted = task.recipe.derivatives;
    const auto& made = task.result.derivatives;
    struct stat status{};
    const bool has_file = fstat(task.output.get(), &status) == 0;
    auto left = has_file ? static_cast<std::uint64_t>(status.st_size) : 0;
    bool is_right = made.size() == wanted.size();
    for (std::size_t index = 0; is_right && index < made.size(); ++index) {
        is_right = made[index].name == wanted[index].name && made[index].bytes <= left;
        left -= is_right ? made[index].bytes : 0;
    }
    if (is_right && left == 0) return {};
    return fail(ErrorCode::internal, "the image job's result does not fit what it wrote",
                "job_result");
}

std::unexpected<worker::JobFailure> fail_finally(std::string reason, std::string message) {
    return std::unexpected(worker::JobFailure(Error{.code = ErrorCode::invalid_argument,
                                                    .message = std::move(message),
                                                    .reason = std::move(reason),
                                                    .details = {}}));
}

class ImageRunner : public worker::Runner {
public:
    ImageRunner(runtime::Process& process, const Config& config,
                std::unique_ptr<worker::JobZygote> zygote)
        : process_(process),
          config_(config),
          jobs_(process, std::move(zygote)),
          storage_(transport::RequestClient::connect(process.loop(), config.storage_endpoint)),
          objects_(*storage_),
          disposal_(process, objects_) {}

    void run(worker::LaneJob job, worker::JobDone done) override {
        auto task = std::make_shared<PhotoTask>();
        task->job = std::move(job);
        task->done = std::move(done);
        if (const auto begun = begin(task); !begun) task->done(std::unexpected(begun.error()));
    }

    [[nodiscard]] std::vector<std::string> waiting_for() const override {
        if (storage_->is_connected()) return {};
        return {"storage"};
    }

private:
    Result<void> begin(const PhotoTaskPtr& task) {
        const auto& grant = task->job.grant;
        ONPUT_TRY(task->event, worker::parse_s3_event(grant.body));
        task->photo = {.bucket = task->event.bucket,
                       .key = task->event.key,
                       .etag = task->event.etag,
                       .size_bytes = task->event.size_bytes,
                       .function = task->job.function,
                       .message_id = grant.message_id,
                       .event_id = grant.event_id.empty() ? grant.message_id : grant.event_id};
        // Of all derivatives: which of them are wanted is known with the object's metadata.
        ONPUT_TRY(task->parameters.recipe, choose_recipe(task->job.configuration, {}));
        ONPUT_TRY(task->recipe, recipe::parse_recipe(task->parameters.recipe));
        if (auto words = describe_idle(*task); !words.empty()) {
            task->done(schema::JobOutcome{.summary = std::move(words)});
            return {};
        }
        ONPUT_TRY(task->input, temporary_file(config_.work_directory));
        ONPUT_TRY(task->output, temporary_file(config_.work_directory));
        objects_.download(
            {.bucket = task->photo.bucket, .key = task->photo.key}, task->context(),
            {.fd = task->input.get(), .bytes_max = task->recipe.limits.bytes},
            [this, task](const Result<schema::ObjectInfo>& photo) { look_at(task, photo); });
        return {};
    }

    void look_at(const PhotoTaskPtr& task, const Result<schema::ObjectInfo>& photo) {
        if (photo) {
            recognise(task, *photo);
        } else if (photo.error().reason == "object_too_large") {
            look_at_too_large(task);
        } else if (photo.error().reason == "no_such_key") {
            disposal_.recall(task, [task, why = photo.error()] {
                task->done(
                    std::unexpected(worker::as_job_error(why, "download " + task->photo.name())));
            });
        } else {
            task->done(std::unexpected(
                worker::as_job_error(photo.error(), "download " + task->photo.name())));
        }
    }

    // Which object it is that is too large: the removal must name it.
    void look_at_too_large(const PhotoTaskPtr& task) {
        const auto look = [this, task](const Result<schema::ObjectInfo>& photo) {
            const std::string doing = "inspect " + task->photo.name();
            if (photo && photo->size_bytes > task->recipe.limits.bytes) {
                recognise(task, *photo);
            } else if (photo || photo.error().reason == "no_such_key") {
                task->done(std::unexpected(Error{.code = ErrorCode::unavailable,
                                                 .message = doing + ": it has just changed",
                                                 .reason = {},
                                                 .details = {}}));
            } else {
                task->done(std::unexpected(worker::as_job_error(photo.error(), doing)));
            }
        };
        objects_.inspect({.bucket = task->photo.bucket, .key = task->photo.key}, task->context(),
                         look);
    }

    // From here on the task is about this very object.
    void recognise(const PhotoTaskPtr& task, const schema::ObjectInfo& photo) {
        const bool is_events = task->event.etag.empty() || task->event.etag == photo.etag;
        if (is_events) {
            judge(task, photo);
        } else {
            disposal_.recall(task, [this, task, photo] { judge(task, photo); });
        }
    }

    void judge(const PhotoTaskPtr& task, const schema::ObjectInfo& photo) {
        task->photo.etag = photo.etag;
        task->photo.version_id = photo.version_id;
        task->photo.content_type = photo.content_type;
        task->photo.size_bytes = photo.size_bytes;
        // An upload by a user has depth 0, and what is done because of it 1.
        if (task->job.grant.trace.depth > 1 && is_made_by(photo.metadata, task->job.function)) {
            task->done(schema::JobOutcome{.summary = "nothing to do: " + task->photo.name() +
                                                     " was made by this function"});
            return;
        }
        const std::uint64_t limit = task->recipe.limits.bytes;
        if (photo.size_bytes == 0) {
            disposal_.dispose(task, reject("not_an_image", task->photo.name() + " is empty"));
        } else if (photo.size_bytes > limit) {
            disposal_.dispose(task,
                              reject(std::string(too_many_bytes),
                                     fmt::format("{} has {} bytes, above the limit of {}",
                                                 task->photo.name(), photo.size_bytes, limit)));
        } else if (const auto chosen = choose(*task, photo.metadata); !chosen) {
            task->done(std::unexpected(chosen.error()));
        } else {
            fetch_watermarks(task, photo.size_bytes);
        }
    }

    static Result<void> choose(PhotoTask& task, const Metadata& metadata) {
        ONPUT_TRY(task.parameters.recipe, choose_recipe(task.job.configuration, metadata));
        ONPUT_TRY(task.recipe, recipe::parse_recipe(task.parameters.recipe));
        task.parameters.input_key = task.photo.key;
        task.parameters.photo_bytes = task.photo.size_bytes;
        for (std::string& name : recipe::watermark_objects(task.recipe))
            task.parameters.watermarks.push_back({.name = std::move(name)});
        return {};
    }

    // One after the other behind the photo, those whose size is not known yet.
    void fetch_watermarks(const PhotoTaskPtr& task, std::uint64_t offset) {
        auto& watermarks = task->parameters.watermarks;
        const auto next = std::ranges::find(watermarks, 0U, &WatermarkObject::bytes);
        if (next == watermarks.end()) {
            start(task);
            return;
        }
        const std::string_view place = std::string_view(next->name).substr(5);  // After "s3://".
        const auto slash = place.find('/');
        objects_.download(
            {.bucket = std::string(place.substr(0, slash)),
             .key = std::string(place.substr(slash + 1))},
            task->context(),
            {.fd = task->input.get(), .bytes_max = config_.watermark_bytes_max, .offset = offset},
            [this, task, offset,
             index = next - watermarks.begin()](const Result<schema::ObjectInfo>& image) {
                take_watermark(task, image, index, offset);
            });
    }

    void take_watermark(const PhotoTaskPtr& task, const Result<schema::ObjectInfo>& image,
                        std::ptrdiff_t index, std::uint64_t offset) {
        auto& watermark = task->parameters.watermarks[static_cast<std::size_t>(index)];
        if (image && image->size_bytes > 0) {
            watermark.bytes = image->size_bytes;
            fetch_watermarks(task, offset + image->size_bytes);
            return;
        }
        const std::string name = "watermark " + watermark.name;
        if (image) {
            task->done(fail_finally("bad_watermark", name + " is empty"));
        } else if (image.error().code == ErrorCode::not_found ||
                   image.error().reason == "object_too_large") {
            task->done(fail_finally("bad_watermark", name + ": " + image.error().message));
        } else {
            task->done(std::unexpected(worker::as_job_error(image.error(), "download " + name)));
        }
    }

    void start(const PhotoTaskPtr& task) {
        const auto wall_time = std::chrono::seconds(std::max(task->job.timeout_s, 1U));
        jobs_.start(
            {.id = JobId(task->job.grant.lease),
             .parameters = schema::encode(task->parameters),
             .input_fd = task->input.get(),
             .output_fd = task->output.get(),
             .limits = {.memory_bytes = std::uint64_t{config_.memory_mb_max} << 20,
                        .output_bytes = std::uint64_t{config_.output_mb_max} << 20,
                        .processor_time = wall_time,
                        .wall_time = wall_time}},
            [this, task](const Result<std::string>& outcome) { take_result(task, outcome); });
    }

    void take_result(const PhotoTaskPtr& task, const Result<std::string>& outcome) {
        if (!outcome) {
            if (const auto rejection = as_rejection(outcome.error())) {
                disposal_.dispose(task, *rejection);
            } else {
                task->done(std::unexpected(outcome.error()));
            }
            return;
        }
        auto result = schema::decode<ImageResult>(*outcome);
        if (!result) {
            task->done(std::unexpected(result.error()));
            return;
        }
        task->result = std::move(*result);
        if (const auto checked = check_result(*task); !checked) {
            task->done(std::unexpected(checked.error()));
            return;
        }
        upload_next(task, 0);
    }

    // The derivative after those that are written, whose bytes begin at `offset`.
    void upload_next(const PhotoTaskPtr& task, std::uint64_t offset) {
        const auto& derivatives = task->result.derivatives;
        if (task->outputs.size() == derivatives.size()) {
            upload_sidecar(task);
            return;
        }
        const DerivativeResult& derivative = derivatives[task->outputs.size()];
        auto object = make_derivative_object(task->photo, task->recipe.output, task->result.photo,
                                             derivative);
        if (!object) {
            task->done(std::unexpected(object.error()));
            return;
        }
        identify(*object);
        objects_.upload(*object, task->context(),
                        {.fd = task->output.get(), .offset = offset, .length = derivative.bytes},
                        [this, task, object = *object, &derivative,
                         next = offset + derivative.bytes](const Result<schema::ObjectPut>& put) {
                            if (!put) {
                                task->done(std::unexpected(worker::as_job_error(
                                    put.error(), "upload derivative " + derivative.name)));
                                return;
                            }
                            task->outputs.push_back(make_output(object, *put, derivative));
                            upload_next(task, next);
                        });
    }

    void upload_sidecar(const PhotoTaskPtr& task) {
        if (!task->recipe.sidecar) {
            finish(*task);
            return;
        }
        auto object = make_sidecar_object(task->photo, task->recipe.output);
        identify(object);
        std::string json = make_sidecar(task->photo, task->result, task->outputs);
        const DerivativeResult sidecar{.name = "metadata", .bytes = json.size(), .pages = 0};
        objects_.upload_bytes(object, task->context(), std::move(json),
                              [task, object, sidecar](const Result<schema::ObjectPut>& put) {
                                  if (!put) {
                                      task->done(std::unexpected(
                                          worker::as_job_error(put.error(), "upload the sidecar")));
                                      return;
                                  }
                                  task->outputs.push_back(make_output(object, *put, sidecar));
                                  finish(*task);
                              });
    }

    static void finish(const PhotoTask& task) {
        task.done(schema::JobOutcome{.summary = summarise(task.photo, task.result),
                                     .outputs = task.outputs});
    }

    void identify(schema::PutObject& object) {
        object.request_id = process_.random().hex(16);
        object.source_ip = "127.0.0.1";
    }

    runtime::Process& process_;
    const Config& config_;
    worker::ChildJobs jobs_;
    std::unique_ptr<transport::RequestClient> storage_;
    worker::ObjectClient objects_;
    Disposal disposal_;
};

}  // namespace

Result<std::unique_ptr<worker::JobZygote>> make_image_zygote() {
    return worker::JobZygote::create({.name = "image",
                                      .initialise = [] { return load_image_library(); },
                                      .run = run_image_job,
                                      .jobs_max = worker::jobs_running_max});
}

std::unique_ptr<worker::Runner> make_image_runner(runtime::Process& process, const Config& config,
                                                  std::unique_ptr<worker::JobZygote> zygote) {
    return std::make_unique<ImageRunner>(process, config, std::move(zygote));
}

Result<std::unique_ptr<runtime::Service>> open_image_worker(
    runtime::Process& process, const Config& config, std::unique_ptr<worker::JobZygote> zygote) {
    return worker::JobWorker::open(process, "image", config.lane,
                                   make_image_runner(process, config, std::move(zygote)));
}

}  // namespace onput::image
