#include "services/image/scale_plan.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <variant>

namespace onput::image {
namespace {

std::optional<Size> target_of(const recipe::Step& step, Size from) {
    if (const auto* resize = std::get_if<recipe::ResizeStep>(&step)) {
        return resized_size(*resize, from);
    }
    if (const auto* fit = std::get_if<recipe::FitStep>(&step)) return fitted_size(*fit, from);
    if (const auto* fill = std::get_if<recipe::FillStep>(&step)) return covering_size(*fill, from);
    return std::nullopt;
}

// The side that shrinks less decides: one of a single pixel must not vanish. Half a pixel is what
// the target's rounding may have taken away.
std::uint32_t scale_between(Size from, Size target) {
    const double factor =
        std::min(from.width / (target.width - 0.5), from.height / (target.height - 0.5));
    const auto whole = static_cast<std::uint32_t>(std::clamp(factor / 2, 1.0, double{scale_max}));
    return std::bit_floor(whole);
}

// Steps that give the same picture before the resize as after it.
bool is_blind_to_scale(const recipe::Step& step) {
    if (const auto* rotate = std::get_if<recipe::RotateStep>(&step)) {
        return is_quarter_turn(rotate->degrees);
    }
    return std::holds_alternative<recipe::AutorotateStep>(step) ||
           std::holds_alternative<recipe::GrayscaleStep>(step) ||
           std::holds_alternative<recipe::FormatStep>(step) ||
           std::holds_alternative<recipe::StripStep>(step);
}

}  // namespace

std::uint32_t plan_scale(std::span<const recipe::Step> steps, Size photo) {
    Size size = photo;
    for (const recipe::Step& step : steps) {
        if (const auto target = target_of(step, size)) {
            return scale_between(size, *target);
        }
        if (!is_blind_to_scale(step)) return 1;
        if (const auto* rotate = std::get_if<recipe::RotateStep>(&step)) {
            size = turned_size(size, quarter_turns(rotate->degrees));
        }
    }
    return 1;
}

bool is_turned_upright(std::span<const recipe::Step> steps) {
    return std::ranges::none_of(steps, [](const recipe::Step& step) {
        const auto* autorotate = std::get_if<recipe::AutorotateStep>(&step);
        return autorotate != nullptr && !autorotate->enabled;
    });
}

}  // namespace onput::image
