// One job on a photo, and what its steps have found out so far.
#pragma once

#include "common/recipe/recipe.hpp"
#include "common/worker/object_job.hpp"
#include "services/image/job.hpp"
#include "services/image/request.hpp"

namespace onput::image {

struct PhotoJob {
    worker::ObjectJob& job;
    recipe::Recipe recipe;
    Subject photo;
    ImageJob parameters;
};

}  // namespace onput::image
