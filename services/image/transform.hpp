// transform: a photo's bytes and a recipe in, its derivatives and facts out. In this process: the
// job (job.hpp) runs it in a child of its own; tests and benchmarks call it as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/recipe/recipe.hpp"
#include "services/image/job.hpp"
#include "services/image/watermarks.hpp"

namespace onput::image {

struct Transformed {
    ImageResult result;
    std::vector<std::string> files;  // One for each of result.derivatives.
};

// load_image_library() has been called. Fails as run_image_job does.
Result<Transformed> transform(const recipe::Recipe& recipe, std::string_view photo,
                              Watermarks::Objects watermarks);

}  // namespace onput::image
