// Segment's client for browsers, bundled as a site would: it knows only where its CDN is.
import { AnalyticsBrowser } from "@segment/analytics-next";

window.AnalyticsBrowser = AnalyticsBrowser;
