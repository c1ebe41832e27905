#include "report/report_style.h"

namespace mma {

// Series: the palette of Okabe and Ito (2008), which those can tell apart who see fewer colours.
// Fields: nine shades of one blue, and orange to blue for differences (after ColorBrewer's Blues
// and PuOr).
const char* const kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #fdfdfb; --ink: #1d2023; --soft: #5d646b; --rule: #d9dcdf; --wash: #f3f4f3; --link: #0a5a94;
  --s0: #0072b2; --s1: #d55e00; --s2: #00795a; --s3: #a8477f; --s4: #8a6500; --s5: #2a7fb0; --bar: #8fbcdb;
  --q0: #f4f8fc; --q1: #deebf7; --q2: #c6dbef; --q3: #9ecae1; --q4: #6baed6; --q5: #4a98c9;
  --q6: #2171b5; --q7: #08519c; --q8: #08306b; --low: #16191c; --high: #ffffff;
  --d0: #b35806; --d1: #e08214; --d2: #fdb863; --d3: #fee0b6; --d4: #f4f4f2; --d5: #d6e6f2;
  --d6: #92c5de; --d7: #5aa2cf; --d8: #2166ac;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181b; --ink: #e3e6e8; --soft: #9da5ac; --rule: #343a40; --wash: #1d2125; --link: #7fbce6;
    --s0: #56b4e9; --s1: #f0894a; --s2: #3fc39b; --s3: #dd93bd; --s4: #e0b040; --s5: #9ad0f0; --bar: #35658a;
    --q0: #1a2129; --q1: #1c2f42; --q2: #204060; --q3: #27527b; --q4: #316898; --q5: #5390be;
    --q6: #75aad2; --q7: #9cc6e3; --q8: #c8e0f0; --low: #eef1f3; --high: #101315;
    --d0: #f0a04b; --d1: #d08a3c; --d2: #8a5a26; --d3: #523a22; --d4: #24282c; --d5: #1f3a52;
    --d6: #2a5b84; --d7: #5497c7; --d8: #85bfe6;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 75rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif; overflow-wrap: anywhere;
}
h1, h2, h3 { line-height: 1.25; font-weight: 600; text-wrap: balance; }
h1 { font-size: 1.75rem; margin: 0 0 .25rem; }
h2 { font-size: 1.35rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.1rem; margin: 1.75rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--s0); outline-offset: 2px; }
.about, nav, figcaption, table, summary, footer {
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
.about, footer { color: var(--soft); font-size: .85rem; }
.lead { font-size: 1.08rem; }
nav { font-size: .85rem; margin: 1rem 0; padding: .6rem .9rem; background: var(--wash); }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li { margin: .15rem 0; }
nav b { margin-right: .4rem; }
nav a { margin-right: .7rem; white-space: nowrap; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0 2rem; }
.chapter { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0 2rem; }
.chapter > section { grid-column: 1 / -1; min-width: 0; }
.chapter > .half { grid-column: auto; }
.columns > div { min-width: 0; }
figure { margin: 1rem 0; min-width: 0; }
figure.wide { grid-column: 1 / -1; }
figcaption { font-size: .85rem; line-height: 1.45; color: var(--soft); margin-bottom: .5rem; max-width: 44rem; }
figcaption b { color: var(--ink); }
.scroll { overflow-x: auto; margin: .5rem 0; }
details { margin: .25rem 0 .75rem; }
summary { cursor: pointer; font-size: .82rem; color: var(--link); }
table { border-collapse: collapse; font-size: .78rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: .15rem 0 .3rem; }
th, td { overflow-wrap: normal; padding: .2rem .4rem; text-align: right; white-space: nowrap; vertical-align: top; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { padding-left: 0; }
th { font-weight: 600; }
tbody th { font-weight: 400; }
th.l, td.l { text-align: left; overflow-wrap: break-word; white-space: normal; max-width: 24rem; }
td.l { min-width: 8.5rem; }
td.l + td.l:last-child { min-width: 18rem; }
tbody th.l { min-width: 6.5rem; }
thead th { white-space: normal; }
thead th { border-bottom: 1.5px solid var(--ink); vertical-align: bottom; }
svg { display: block; max-width: 100%; height: auto; font: 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
svg.wide { max-width: none; }
svg text { fill: var(--ink); }
svg .m { fill: var(--soft); }
svg .start { text-anchor: start; } svg .middle { text-anchor: middle; } svg .end { text-anchor: end; }
svg .axis { stroke: var(--soft); stroke-width: 1; } svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .diagonal { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 3; }
svg .s { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
svg .s0 { stroke: var(--s0); } svg .s1 { stroke: var(--s1); stroke-dasharray: 7 3; }
svg .s2 { stroke: var(--s2); stroke-dasharray: 2 2.5; } svg .s3 { stroke: var(--s3); stroke-dasharray: 9 3 2 3; }
svg .s4 { stroke: var(--s4); stroke-dasharray: 4 4; } svg .s5 { stroke: var(--s5); stroke-dasharray: 12 4; }
svg .f0 { fill: var(--s0); } svg .f1 { fill: var(--s1); } svg .f2 { fill: var(--s2); }
svg .f3 { fill: var(--s3); } svg .f4 { fill: var(--s4); } svg .f5 { fill: var(--s5); }
svg .bar { fill: var(--bar); } svg .whisker { stroke: var(--ink); stroke-width: 1.4; }
svg .join { stroke: var(--soft); stroke-width: 1; } svg .hollow { fill: var(--paper); stroke: var(--s0); stroke-width: 1.4; }
svg .none { fill: var(--wash); }
svg .q0 { fill: var(--q0); } svg .q1 { fill: var(--q1); } svg .q2 { fill: var(--q2); } svg .q3 { fill: var(--q3); }
svg .q4 { fill: var(--q4); } svg .q5 { fill: var(--q5); } svg .q6 { fill: var(--q6); } svg .q7 { fill: var(--q7); }
svg .q8 { fill: var(--q8); }
svg .d0 { fill: var(--d0); } svg .d1 { fill: var(--d1); } svg .d2 { fill: var(--d2); } svg .d3 { fill: var(--d3); }
svg .d4 { fill: var(--d4); } svg .d5 { fill: var(--d5); } svg .d6 { fill: var(--d6); } svg .d7 { fill: var(--d7); }
svg .d8 { fill: var(--d8); }
svg .c { fill: var(--low); }
svg .on-q6, svg .on-q7, svg .on-q8, svg .on-d0, svg .on-d8 { fill: var(--high); }
@media (prefers-color-scheme: dark) {
  svg .on-q5, svg .on-d1, svg .on-d7 { fill: var(--high); }
}
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
@media print {
  :root { color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav, summary { display: none; }
  .chapter, .columns { display: block; }
  table { font-size: 7pt; }
  th, td { padding: 1pt 3.5pt; }
  details::details-content { content-visibility: visible; display: block; }
  figure, tr { break-inside: avoid; }
  h2, h3, figcaption { break-after: avoid; }
  .scroll { overflow: visible; }
  svg rect, svg circle { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css";

}  // namespace mma
