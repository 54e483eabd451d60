/** The whole style of a report; colours follow the reader's light or dark theme. */
export const style = `:root{color-scheme:light dark;--bg:#fff;--panel:#f6f7f9;--line:#d9dde3;--ink:#1c2128;--dim:#5b6572;--accent:#0b66c3;--good:14 120 60;--bad:200 40 40;--c0:#0b66c3;--c1:#c2410c;--c2:#15803d;--c3:#9333ea;--c4:#be123c;--c5:#0e7490;--c6:#a16207;--c7:#4d5b6b;--c8:#db2777;--c9:#4f46e5}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--panel:#1a2029;--line:#333c48;--ink:#e6eaf0;--dim:#9aa6b4;--accent:#6cb2ff;--good:70 190 110;--bad:240 95 95;--c0:#6cb2ff;--c1:#ff9a62;--c2:#5fd08a;--c3:#c79bff;--c4:#ff7d95;--c5:#5fd4e6;--c6:#e6c05a;--c7:#a9b6c6;--c8:#ff8cc6;--c9:#a5a2ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:1.5rem;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2.2rem 0 .6rem;padding-top:1rem;border-top:1px solid var(--line)}
p{margin:.4rem 0}
.dim,caption,footer{color:var(--dim)}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:1.2rem 0}
.card{background:var(--panel);border:1px solid var(--line);border-radius:.6rem;padding:.7rem .9rem}
.card b{display:block;font-size:1.55rem;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.3}
.card span{color:var(--dim);font-size:.85rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:.6rem 0}
dt{color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:.3rem 0;font-variant-numeric:tabular-nums}
caption{text-align:left;padding-bottom:.3rem;font-size:.9rem}
th,td{padding:.22rem .75rem .22rem 0;text-align:left;font-weight:400;border-bottom:1px solid var(--line);white-space:nowrap}
tbody th{max-width:24rem;overflow:hidden;text-overflow:ellipsis}
thead th{color:var(--dim);font-size:.85rem}
.n{text-align:right}
.matrix th,.matrix td{border:1px solid var(--bg);padding:.25rem .5rem;text-align:center;min-width:2.4rem}
.matrix tbody th{text-align:right}
.matrix .z{color:var(--dim)}
${Array.from({ length: 10 }, (_, at) => `.g${at + 1}{background:rgb(var(--good)/${(at + 1) * 6}%)}.b${at + 1}{background:rgb(var(--bad)/${(at + 1) * 7}%)}`).join('')}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr));column-gap:2.5rem}
.pair section{min-width:0}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1.5rem}
figure{margin:0}
figcaption{color:var(--dim);font-size:.9rem;margin-top:.3rem}
svg{display:block;width:100%;max-width:26rem;height:auto}
svg.bar{width:9rem;height:.9rem}
.pair svg.bar{width:7rem}
.wide{max-width:none;min-width:38rem}
.latest{direction:rtl}
.latest svg{direction:ltr}
.verdict{font-size:1.05rem}
.alarm{stroke:rgb(var(--bad));stroke-width:1.5}
.bad{color:rgb(var(--bad));font-weight:650}
.good{color:rgb(var(--good));font-weight:650}
.band{fill:var(--accent);fill-opacity:.14}
.grid path{stroke:var(--line);stroke-width:.6;fill:none}
.axis{stroke:var(--dim);stroke-width:.8;fill:none}
.tick text{fill:var(--dim);font:11px system-ui,sans-serif}
.diagonal{stroke:var(--dim);stroke-width:1;stroke-dasharray:3 4;fill:none}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.fill{fill:var(--accent);fill-opacity:.75}
.track{stroke:var(--line);stroke-width:1}
.reach{stroke:var(--accent);stroke-width:5;stroke-opacity:.35;stroke-linecap:round}
.whisker{stroke:var(--ink);stroke-width:1.5}
.value{fill:var(--accent)}
.legend{display:flex;flex-wrap:wrap;gap:.1rem .9rem;list-style:none;padding:0;margin:.4rem 0;font-size:.85rem}
.legend svg{display:inline-block;width:1rem;height:.6rem;margin-right:.3rem}
${Array.from({ length: 10 }, (_, at) => `.c${at}{stroke:var(--c${at})}.dots.c${at}{fill:var(--c${at});fill-opacity:.55;stroke:none}`).join('')}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--dim)}
footer{margin-top:2.5rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.85rem}
@media print{body{max-width:none;padding:0}h2{break-after:avoid}figure,table{break-inside:avoid}}`;
