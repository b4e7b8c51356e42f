// OpenFeature's client for browsers with its OFREP provider, bundled as a site would.
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature } from "@openfeature/web-sdk";

window.OpenFeature = OpenFeature;
window.OFREPWebProvider = OFREPWebProvider;
