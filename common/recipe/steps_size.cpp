// resize, fit, fill, crop: what changes a picture's width and height.
#include <array>

#include "common/recipe/step_parsers.hpp"

namespace onput::recipe {
namespace {

constexpr Bounds dimension_bounds{1, dimension_max};
constexpr Bounds offset_bounds{0, crop_offset_max};

constexpr std::array<Choice<CropFocus>, 4> fill_focuses{{{"centre", CropFocus::centre},
                                                         {"center", CropFocus::centre},
                                                         {"entropy", CropFocus::entropy},
                                                         {"attention", CropFocus::attention}}};
constexpr std::array<Choice<CropFocus>, 5> crop_focuses{{{"centre", CropFocus::centre},
                                                         {"center", CropFocus::centre},
                                                         {"entropy", CropFocus::entropy},
                                                         {"attention", CropFocus::attention},
                                                         {"box", CropFocus::box}}};

template <typename SizedStep>
void read_size(FieldReader& fields, SizedStep& step) {
    fields.number("width", step.width, dimension_bounds);
    fields.number("height", step.height, dimension_bounds);
}

template <typename SizedStep>
Result<void> require_both(const FieldReader& fields, const SizedStep& step) {
    if (step.width == 0) return refuse(fields.place(), "'width' is missing");
    if (step.height == 0) return refuse(fields.place(), "'height' is missing");
    return {};
}

}  // namespace

Result<Step> parse_resize(FieldReader& fields) {
    ResizeStep step;
    read_size(fields, step);
    fields.flag("enlarge", step.enlarge);
    ONPUT_TRY_VOID(fields.finish());
    if (step.width == 0 && step.height == 0)
        return refuse(fields.place(), "'width' or 'height' is missing");
    return step;
}

Result<Step> parse_fit(FieldReader& fields) {
    FitStep step;
    read_size(fields, step);
    fields.flag("enlarge", step.enlarge);
    ONPUT_TRY_VOID(fields.finish());
    ONPUT_TRY_VOID(require_both(fields, step));
    return step;
}

Result<Step> parse_fill(FieldReader& fields) {
    FillStep step;
    read_size(fields, step);
    fields.choice<CropFocus>("focus", step.focus, fill_focuses);
    ONPUT_TRY_VOID(fields.finish());
    ONPUT_TRY_VOID(require_both(fields, step));
    return step;
}

Result<Step> parse_crop(FieldReader& fields) {
    CropStep step;
    fields.choice<CropFocus>("focus", step.focus, crop_focuses);
    read_size(fields, step);
    fields.number("left", step.left, offset_bounds);
    fields.number("top", step.top, offset_bounds);
    ONPUT_TRY_VOID(fields.finish());
    ONPUT_TRY_VOID(require_both(fields, step));
    const bool is_box = step.focus == CropFocus::box;
    for (const std::string_view side : {"left", "top"}) {
        if (fields.has(side) == is_box) continue;
        return refuse(fields.place(), "'" + std::string(side) +
                                          (is_box ? "' is missing" : "' goes with focus box only"));
    }
    return step;
}

}  // namespace onput::recipe
