// rotate, autorotate: which side of a picture is up.
#include "common/recipe/step_parsers.hpp"

namespace onput::recipe {

Result<Step> parse_rotate(FieldReader& fields) {
    RotateStep step;
    fields.real("degrees", step.degrees, {-rotate_degrees_max, rotate_degrees_max});
    fields.color("background", step.background, ColorKind::with_alpha);
    ONPUT_TRY_VOID(fields.finish());
    if (!fields.has("degrees")) return refuse(fields.place(), "'degrees' is missing");
    return step;
}

Result<Step> parse_autorotate(FieldReader& fields) {
    AutorotateStep step;
    fields.flag("enabled", step.enabled);
    ONPUT_TRY_VOID(fields.finish());
    return step;
}

}  // namespace onput::recipe
