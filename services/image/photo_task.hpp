// One message in hand, and what the steps of its way have gathered. Shared by the callbacks of
// these steps, one of which runs at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/recipe/recipe.hpp"
#include "common/worker/file_descriptor.hpp"
#include "common/worker/job_worker.hpp"
#include "common/worker/object_client.hpp"
#include "common/worker/s3_event.hpp"
#include "services/image/job.hpp"
#include "services/image/request.hpp"

namespace onput::image {

struct PhotoTask {
    worker::LaneJob job = {};
    worker::JobDone done = {};
    worker::S3Event event = {};
    recipe::Recipe recipe = {};
    Subject photo = {};
    worker::FileDescriptor input = {};   // The photo, then the watermark images.
    worker::FileDescriptor output = {};  // The derivatives, one after the other.
    ImageJob parameters = {};
    ImageResult result = {};
    std::vector<schema::JobOutput> outputs = {};  // Those that are written.

    [[nodiscard]] worker::ObjectContext context() const {
        return {.trace = job.grant.trace,
                .principal = {.account = job.account, .id = "function/" + job.function}};
    }
};
using PhotoTaskPtr = std::shared_ptr<PhotoTask>;

}  // namespace onput::image
