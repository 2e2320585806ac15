// Small comforts on every page. Everything here also works without, or has no place without scripts.

import { bell } from './bell';
import { confirmForms, copyButtons, showButtons } from './buttons';
import { followPlayer } from './follow';
import { livePictures } from './pictures';
import { swapForms } from './swap';
import { localTimes } from './times';

copyButtons();
showButtons();
confirmForms();
localTimes();
followPlayer();
livePictures();
swapForms();
bell();
